//! The checksum of HDF5's metadata: Bob Jenkins' lookup3, `hashlittle` with initial value 0.

/// Of bytes, read as little-endian words.
pub fn checksum(bytes: &[u8]) -> u32 {
    let start = 0xdead_beef_u32.wrapping_add(bytes.len() as u32);
    let (mut a, mut b, mut c) = (start, start, start);
    let words = |bytes: &[u8]| {
        let mut padded = [0; 12];
        padded[..bytes.len()].copy_from_slice(bytes);
        [0, 4, 8].map(|at| u32::from_le_bytes(padded[at..at + 4].try_into().unwrap()))
    };
    let mut rest = bytes;
    while rest.len() > 12 {
        let [x, y, z] = words(&rest[..12]);
        (a, b, c) = (a.wrapping_add(x), b.wrapping_add(y), c.wrapping_add(z));
        for (turn, step) in [4, 6, 8, 16, 19, 4].into_iter().enumerate() {
            // mix(): each line works on the three words in turn.
            let (x, y, z) = match turn % 3 {
                0 => (&mut a, &mut c, &mut b),
                1 => (&mut b, &mut a, &mut c),
                _ => (&mut c, &mut b, &mut a),
            };
            *x = x.wrapping_sub(*y) ^ y.rotate_left(step);
            *y = y.wrapping_add(*z);
        }
        rest = &rest[12..];
    }
    if rest.is_empty() {
        return c;
    }
    let [x, y, z] = words(rest);
    (a, b, c) = (a.wrapping_add(x), b.wrapping_add(y), c.wrapping_add(z));
    c = (c ^ b).wrapping_sub(b.rotate_left(14));
    a = (a ^ c).wrapping_sub(c.rotate_left(11));
    b = (b ^ a).wrapping_sub(a.rotate_left(25));
    c = (c ^ b).wrapping_sub(b.rotate_left(16));
    a = (a ^ c).wrapping_sub(c.rotate_left(4));
    b = (b ^ a).wrapping_sub(a.rotate_left(14));
    (c ^ b).wrapping_sub(b.rotate_left(24))
}

/// The superblock of any file has it.
#[test]
fn superblocks_have_this_checksum() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.h5");
    let d = crate::io_support::description(3, 10, crate::io_support::EVERYTHING);
    crate::io_support::write_all(&path, &d);
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(checksum(&bytes[..44]).to_le_bytes(), bytes[44..48]);
}
