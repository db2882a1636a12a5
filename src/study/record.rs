//! What a study keeps of one run, and its bytes on the disk.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An array that a run leaves behind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    /// Names of its axes, outermost first; none for a number.
    pub dims: Vec<String>,
    /// Lengths of its axes.
    pub shape: Vec<usize>,
    /// Row-major.
    pub values: Vec<f64>,
}

/// What a study keeps of one run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    /// Of which run: all that determines its numbers.
    pub fingerprint: String,
    /// Why it failed; empty if it did not.
    pub failure: String,
    /// Of the whole run (s).
    pub seconds: f64,
    /// Of its steps alone (s).
    pub flow_seconds: f64,
    /// By name.
    pub fields: BTreeMap<String, Field>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    fingerprint: String,
    failure: String,
    /// Name, dimensions and shape of each field.
    fields: Vec<(String, Vec<String>, Vec<usize>)>,
}

/// Bytes at the start of every part.
const MAGIC: &[u8; 8] = b"RFPART01";

impl Record {
    /// Of a run that has not left anything behind yet.
    pub fn new(fingerprint: &str) -> Record {
        Record {
            fingerprint: fingerprint.to_string(),
            failure: String::new(),
            seconds: 0.0,
            flow_seconds: 0.0,
            fields: BTreeMap::new(),
        }
    }

    /// Keeps an array.
    ///
    /// # Panics
    /// If the values do not fill the shape.
    pub fn keep(&mut self, name: &str, dims: &[(&str, usize)], values: Vec<f64>) {
        let shape: Vec<usize> = dims.iter().map(|dim| dim.1).collect();
        assert_eq!(shape.iter().product::<usize>(), values.len(), "{name}");
        let dims = dims.iter().map(|dim| dim.0.to_string()).collect();
        self.fields.insert(name.to_string(), Field { dims, shape, values });
    }

    /// Keeps a number.
    pub fn keep_number(&mut self, name: &str, value: f64) {
        self.keep(name, &[], vec![value]);
    }

    /// The values of a field.
    pub fn values(&self, name: &str) -> Option<&[f64]> {
        self.fields.get(name).map(|field| field.values.as_slice())
    }

    /// `MAGIC`, length of the head, head (JSON), two times, all values, CRC-32 of all before.
    pub fn to_bytes(&self) -> Vec<u8> {
        let fields = self.fields.iter().map(|(n, f)| (n.clone(), f.dims.clone(), f.shape.clone())).collect();
        let head = Head { fingerprint: self.fingerprint.clone(), failure: self.failure.clone(), fields };
        let head = serde_json::to_vec(&head).expect("texts and numbers can be written as JSON");
        let mut bytes = MAGIC.to_vec();
        bytes.extend((head.len() as u64).to_le_bytes());
        bytes.extend(head);
        let values = self.fields.values().flat_map(|field| &field.values);
        for value in [&self.seconds, &self.flow_seconds].into_iter().chain(values) {
            bytes.extend(value.to_le_bytes());
        }
        let checksum = crc32fast::hash(&bytes);
        bytes.extend(checksum.to_le_bytes());
        bytes
    }

    /// Back again; `None` if the bytes are not those of a whole record.
    pub fn from_bytes(bytes: &[u8]) -> Option<Record> {
        let (content, checksum) = bytes.split_at_checked(bytes.len().checked_sub(4)?)?;
        if crc32fast::hash(content).to_le_bytes() != checksum {
            return None;
        }
        let content = content.strip_prefix(MAGIC)?;
        let (length, content) = content.split_at_checked(8)?;
        let length = usize::try_from(u64::from_le_bytes(length.try_into().ok()?)).ok()?;
        let (head, numbers) = content.split_at_checked(length)?;
        let head: Head = serde_json::from_slice(head).ok()?;
        let mut numbers = numbers.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().expect("8 bytes")));
        let (seconds, flow_seconds) = (numbers.next()?, numbers.next()?);
        let mut fields = BTreeMap::new();
        for (name, dims, shape) in head.fields {
            let count = shape.iter().product();
            let values: Vec<f64> = numbers.by_ref().take(count).collect();
            if values.len() != count {
                return None;
            }
            fields.insert(name, Field { dims, shape, values });
        }
        Some(Record { fingerprint: head.fingerprint, failure: head.failure, seconds, flow_seconds, fields })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let mut record = Record::new("abc");
        record.keep("residual", &[("time", 2), ("sample", 3)], vec![0.1, -0.0, 3.0, f64::NAN, 5e-324, 6.0]);
        record.keep_number("loss", 0.1 + 0.2);
        (record.seconds, record.flow_seconds) = (1.5, 1.25);
        record
    }

    #[test]
    fn bytes_hold_everything() {
        let bytes = record().to_bytes();
        let back = Record::from_bytes(&bytes).unwrap();
        assert_eq!(back.to_bytes(), bytes);
        assert_eq!(back.fields["residual"].shape, [2, 3]);
        assert_eq!(back.values("loss"), Some(&[0.1 + 0.2][..]));
        assert_eq!((back.seconds, back.flow_seconds), (1.5, 1.25));
    }

    #[test]
    fn no_torn_or_changed_record_is_taken() {
        let bytes = record().to_bytes();
        for end in 0..bytes.len() {
            assert_eq!(Record::from_bytes(&bytes[..end]), None, "cut at {end}");
        }
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x10;
            assert_eq!(Record::from_bytes(&changed), None, "changed at {at}");
        }
    }
}
