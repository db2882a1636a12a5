//! Damage to the bytes of a file, whatever they mean.

use crate::damage_draw::Draw;

/// Length of the blocks that are zeroed, swapped and overwritten: a sector of a disk.
const BLOCK: usize = 512;

/// Numbers that readers of lengths and addresses take badly.
const HOSTILE: [u64; 8] = [0, 1, u64::MAX, 1 << 62, 1 << 40, 1 << 32, i64::MAX as u64, 0xffff_ffff];

/// A kind of damage to bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bytes {
    Flip,
    Flips,
    ZeroBlock,
    SwapBlocks,
    CopyBlock,
    NoiseBlock,
    Word,
    Cut,
    Append,
}

impl Bytes {
    pub const ALL: [Bytes; 9] = [
        Bytes::Flip,
        Bytes::Flips,
        Bytes::ZeroBlock,
        Bytes::SwapBlocks,
        Bytes::CopyBlock,
        Bytes::NoiseBlock,
        Bytes::Word,
        Bytes::Cut,
        Bytes::Append,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Bytes::Flip => "bit flip",
            Bytes::Flips => "8 bit flips",
            Bytes::ZeroBlock => "zeroed block",
            Bytes::SwapBlocks => "swapped blocks",
            Bytes::CopyBlock => "copied block",
            Bytes::NoiseBlock => "block of noise",
            Bytes::Word => "hostile word",
            Bytes::Cut => "truncation",
            Bytes::Append => "appended bytes",
        }
    }

    /// Damages `bytes`; says how.
    pub fn apply(self, bytes: &mut Vec<u8>, draw: &mut Draw) -> String {
        match self {
            Bytes::Flip => flip(bytes, draw),
            Bytes::Flips => (0..8).map(|_| flip(bytes, draw)).collect::<Vec<_>>().join(", "),
            Bytes::ZeroBlock => {
                let at = block(bytes, draw);
                let end = bytes.len().min(at + BLOCK);
                bytes[at..end].fill(0);
                format!("zeros at {at}..{end}")
            }
            Bytes::SwapBlocks => {
                let (a, b) = (block(bytes, draw), block(bytes, draw));
                let len = BLOCK.min(bytes.len() - a.max(b));
                for i in 0..len {
                    bytes.swap(a + i, b + i);
                }
                format!("{len} bytes at {a} and at {b} swapped")
            }
            Bytes::CopyBlock => {
                let (a, b) = (block(bytes, draw), block(bytes, draw));
                let len = BLOCK.min(bytes.len() - a.max(b));
                bytes.copy_within(a..a + len, b);
                format!("{len} bytes at {a} copied to {b}")
            }
            Bytes::NoiseBlock => {
                let at = block(bytes, draw);
                let end = bytes.len().min(at + BLOCK);
                bytes[at..end].iter_mut().for_each(|byte| *byte = draw.below(256) as u8);
                format!("noise at {at}..{end}")
            }
            Bytes::Word => {
                let at = block(bytes, draw) + draw.below(BLOCK);
                let word = draw.one_of(&HOSTILE).to_le_bytes();
                let width = draw.one_of(&[1, 2, 4, 8]);
                let end = bytes.len().min(at + width);
                let at = at.min(end);
                bytes[at..end].copy_from_slice(&word[..end - at]);
                format!("{:02x?} at {at}", &word[..end - at])
            }
            Bytes::Cut => {
                let len = match draw.below(4) {
                    0 => draw.below(bytes.len().min(2 * BLOCK)),
                    1 => bytes.len() - 1 - draw.below(bytes.len().min(16 * BLOCK)),
                    _ => draw.below(bytes.len()),
                };
                bytes.truncate(len);
                format!("cut at {len}")
            }
            Bytes::Append => {
                let count = 1 + draw.below(2 * BLOCK);
                let zeros = draw.below(2) == 0;
                bytes.extend((0..count).map(|_| if zeros { 0 } else { draw.below(256) as u8 }));
                format!("{count} {} appended", if zeros { "zeros" } else { "bytes of noise" })
            }
        }
    }
}

/// The start of a block that holds something: most of a small HDF5 file is padding.
fn block(bytes: &[u8], draw: &mut Draw) -> usize {
    let blocks: Vec<usize> = (0..bytes.len())
        .step_by(BLOCK)
        .filter(|&at| bytes[at..bytes.len().min(at + BLOCK)].iter().any(|&byte| byte != 0))
        .collect();
    if blocks.is_empty() { 0 } else { draw.one_of(&blocks) }
}

fn flip(bytes: &mut [u8], draw: &mut Draw) -> String {
    let start = block(bytes, draw);
    let at = start + draw.below(BLOCK.min(bytes.len() - start));
    let bit = draw.below(8);
    bytes[at] ^= 1 << bit;
    format!("bit {bit} of byte {at} flipped")
}
