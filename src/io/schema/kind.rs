//! Types of stored values.

/// Types of stored values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// IEEE double.
    F64,
    /// IEEE single.
    F32,
    /// IEEE double, or single when particles are stored in single precision.
    Particle,
    /// Signed byte.
    I8,
    /// Signed, 32 bits.
    I32,
    /// Signed, 64 bits.
    I64,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 64 bits.
    U64,
    /// UTF-8 text of fixed length, padded with NUL.
    Text,
}
