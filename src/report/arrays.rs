//! Arrays of numbers inside a page: little-endian bytes in base64, with their type and shape.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// Named arrays.
#[derive(Debug, Default)]
pub struct Arrays(Map<String, Value>);

impl Arrays {
    fn add<const N: usize, T: Copy>(
        &mut self,
        name: &str,
        kind: &str,
        shape: &[usize],
        values: impl Iterator<Item = T>,
        bytes: fn(T) -> [u8; N],
    ) {
        let raw: Vec<u8> = values.flat_map(bytes).collect();
        assert_eq!(raw.len(), N * shape.iter().product::<usize>(), "values of {name} for shape {shape:?}");
        let array = json!({ "type": kind, "shape": shape, "base64": STANDARD.encode(raw) });
        self.0.insert(name.to_string(), array);
    }

    /// Numbers in full precision.
    pub fn f64(&mut self, name: &str, shape: &[usize], values: impl Iterator<Item = f64>) {
        self.add(name, "f64", shape, values, f64::to_le_bytes);
    }

    /// Numbers to seven digits.
    pub fn f32(&mut self, name: &str, shape: &[usize], values: impl Iterator<Item = f64>) {
        self.add(name, "f32", shape, values.map(|value| value as f32), f32::to_le_bytes);
    }

    /// Whole numbers.
    pub fn u32(&mut self, name: &str, shape: &[usize], values: impl Iterator<Item = usize>) {
        self.add(name, "u32", shape, values.map(|value| value as u32), u32::to_le_bytes);
    }

    /// Codes.
    pub fn u8(&mut self, name: &str, shape: &[usize], values: impl Iterator<Item = u8>) {
        self.add(name, "u8", shape, values, u8::to_le_bytes);
    }

    /// Codes with a sign.
    pub fn i8(&mut self, name: &str, shape: &[usize], values: impl Iterator<Item = i8>) {
        self.add(name, "i8", shape, values, i8::to_le_bytes);
    }

    /// As JSON.
    pub fn into_json(self) -> Value {
        Value::Object(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_little_endian() {
        let mut arrays = Arrays::default();
        arrays.u32("a", &[2], [1usize, 258].into_iter());
        arrays.f64("b", &[1, 1], [1.0].into_iter());
        let json = arrays.into_json();
        // 01 00 00 00 02 01 00 00, and 00 .. 00 f0 3f.
        assert_eq!(json["a"]["base64"], "AQAAAAIBAAA=");
        assert_eq!(json["b"], json!({ "type": "f64", "shape": [1, 1], "base64": "AAAAAAAA8D8=" }));
    }
}
