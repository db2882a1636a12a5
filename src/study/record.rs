//! What a study keeps of one run, and its bytes on the disk.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// An array that a run leaves behind: its name, and where its values are.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    /// Its name.
    pub name: String,
    /// Names of its axes, outermost first; none for a number.
    pub dims: Vec<String>,
    /// Lengths of its axes.
    pub shape: Vec<usize>,
    /// Index of its first value in the record.
    start: usize,
}

impl Field {
    fn len(&self) -> usize {
        self.shape.iter().product()
    }
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
    /// Of a million records that are alike this is one, see [`Record::share`].
    fields: Arc<Vec<Field>>,
    /// Of all fields, one after the other.
    values: Vec<f64>,
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
            fields: Arc::default(),
            values: vec![],
        }
    }

    /// Keeps an array, under a name that has none yet.
    ///
    /// # Panics
    /// If the values do not fill the shape.
    pub fn keep(&mut self, name: &str, dims: &[(&str, usize)], values: Vec<f64>) {
        let field = Field {
            name: name.to_string(),
            dims: dims.iter().map(|dim| dim.0.to_string()).collect(),
            shape: dims.iter().map(|dim| dim.1).collect(),
            start: self.values.len(),
        };
        assert_eq!(field.len(), values.len(), "{name}");
        Arc::make_mut(&mut self.fields).push(field);
        self.values.extend(values);
    }

    /// Keeps a number.
    pub fn keep_number(&mut self, name: &str, value: f64) {
        self.keep(name, &[], vec![value]);
    }

    /// All fields.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// A field and its values.
    pub fn field(&self, name: &str) -> Option<(&Field, &[f64])> {
        let field = self.fields.iter().find(|field| field.name == name)?;
        Some((field, &self.values[field.start..field.start + field.len()]))
    }

    /// The values of a field.
    pub fn values(&self, name: &str) -> Option<&[f64]> {
        Some(self.field(name)?.1)
    }

    /// Lets this record have the list of fields of `other` where it is the same, and keeps no room
    /// for more: of many records that are in memory at once.
    pub fn share(&mut self, other: &Record) {
        if self.fields == other.fields {
            self.fields = Arc::clone(&other.fields);
        }
        self.values.shrink_to_fit();
    }

    /// `MAGIC`, length of the head, head (JSON), two times, all values, CRC-32 of all before.
    pub fn to_bytes(&self) -> Vec<u8> {
        let fields = self.fields.iter().map(|f| (f.name.clone(), f.dims.clone(), f.shape.clone())).collect();
        let head = Head { fingerprint: self.fingerprint.clone(), failure: self.failure.clone(), fields };
        let head = serde_json::to_vec(&head).expect("texts and numbers can be written as JSON");
        let mut bytes = MAGIC.to_vec();
        bytes.extend((head.len() as u64).to_le_bytes());
        bytes.extend(head);
        for value in [&self.seconds, &self.flow_seconds].into_iter().chain(&self.values) {
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
        let values: Vec<f64> = numbers.collect();
        let (mut fields, mut start) = (vec![], 0usize);
        for (name, dims, shape) in head.fields {
            let count = shape.iter().try_fold(1usize, |product, &length| product.checked_mul(length))?;
            fields.push(Field { name, dims, shape, start });
            start = start.checked_add(count).filter(|&end| end <= values.len())?;
        }
        let Head { fingerprint, failure, .. } = head;
        Some(Record { fingerprint, failure, seconds, flow_seconds, fields: Arc::new(fields), values })
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
        assert_eq!(back.field("residual").unwrap().0.shape, [2, 3]);
        assert_eq!(back.field("loss").unwrap().0.shape, [0; 0]);
        assert_eq!(back.values("loss"), Some(&[0.1 + 0.2][..]));
        assert_eq!((back.seconds, back.flow_seconds), (1.5, 1.25));
    }

    #[test]
    fn like_records_share_their_list_of_fields() {
        let first = Record::from_bytes(&record().to_bytes()).unwrap();
        let (mut second, mut third) = (Record::from_bytes(&record().to_bytes()).unwrap(), record());
        second.share(&first);
        assert!(Arc::ptr_eq(&first.fields, &second.fields));
        third.keep_number("steps", 3.0);
        third.share(&first);
        assert_eq!(third.fields().len(), 3);
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
