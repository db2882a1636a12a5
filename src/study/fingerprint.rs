//! A hash that tells runs apart, the same on every machine and with every compiler.

/// FNV-1a in 128 bits (Fowler, Noll, Vo). It guards against mistakes, not against malice.
#[derive(Debug, Clone)]
pub(crate) struct Fingerprint(u128);

impl Fingerprint {
    /// Of nothing.
    pub fn new() -> Fingerprint {
        Fingerprint(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    /// Adds a piece; `ab`, `c` and `a`, `bc` differ.
    pub fn add(&mut self, piece: &[u8]) {
        self.bytes(&(piece.len() as u64).to_le_bytes());
        self.bytes(piece);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }

    /// In hexadecimal.
    pub fn finish(&self) -> String {
        format!("{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_fnv_1a() {
        let mut hash = Fingerprint::new();
        hash.bytes(b"a");
        // Test vector of draft-eastlake-fnv: FNV-1a of "a" in 128 bits.
        assert_eq!(hash.finish(), "d228cb696f1a8caf78912b704e4a8964");
    }

    #[test]
    fn pieces_do_not_run_together() {
        let of = |pieces: &[&str]| {
            let mut hash = Fingerprint::new();
            pieces.iter().for_each(|piece| hash.add(piece.as_bytes()));
            hash.finish()
        };
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["ab", ""]), of(&["ab"]));
    }
}
