//! What a run needs, and what there is: refused before anything is allocated.

/// Bytes per particle while a run goes on (a bound the benches hold the program to).
const BYTES_PER_PARTICLE: u64 = 120;

/// Memory that a run with this many particles needs, in bytes.
pub(super) fn for_particles(particles: usize) -> u64 {
    particles as u64 * BYTES_PER_PARTICLE
}

/// Memory this machine has to give, where that can be found out.
pub(super) fn available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemAvailable:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// Whether that many particles fit; if not, the problem and the remedy.
pub(super) fn check(particles: usize, available: Option<u64>) -> Result<(), (String, String)> {
    let needed = for_particles(particles);
    match available {
        Some(available) if needed > available => Err((
            format!(
                "{particles} particles need {} of memory, and {} are available",
                text(needed),
                text(available)
            ),
            format!("lower measure.particles to {} or fewer", available / BYTES_PER_PARTICLE),
        )),
        _ => Ok(()),
    }
}

/// A size for people: `12 GB`.
pub(super) fn text(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_with_numbers() {
        assert_eq!(check(1000, Some(120_000)), Ok(()));
        assert_eq!(check(usize::MAX >> 8, None), Ok(()));
        let (problem, remedy) = check(1001, Some(120_000)).unwrap_err();
        assert_eq!(problem, "1001 particles need 120.1 kB of memory, and 120.0 kB are available");
        assert_eq!(remedy, "lower measure.particles to 1000 or fewer");
    }
}
