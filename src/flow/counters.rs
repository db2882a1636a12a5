//! What happened to the particles, counted.

/// Counts of boundary events (mathematics, section 6) since the start of a run or of a step.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Counters {
    /// Crossings into a live region.
    pub crossings: u64,
    /// Crossings into the dead region.
    pub deaths: u64,
    /// Arrivals at an attractor.
    pub pins: u64,
    /// Departures from a boundary, ambiguous ones included.
    pub releases: u64,
    /// Releases because `r` changed sign on an attractor, and passages through the origin after
    /// which gradient descent with ever smaller steps has no one limit: the flow is not unique.
    pub ambiguous_releases: u64,
    /// Particles caught at `r = 0` by the total-variation term.
    pub sticks: u64,
    /// Particles set free from `r = 0`.
    pub unsticks: u64,
    /// Passages of `r` through 0 under the total-variation term without sticking.
    pub sign_changes: u64,
    /// Passages of `w` through the origin on a boundary (lifted, `delta > 0`): the active set becomes
    /// its complement.
    pub flips: u64,
    /// Mass that took part in ambiguous releases.
    pub ambiguous_mass: f64,
}

impl Counters {
    /// Names and values of the integer counters, in the order of the run file.
    pub fn counts(&self) -> [(&'static str, u64); 9] {
        [
            ("crossings", self.crossings),
            ("deaths", self.deaths),
            ("pins", self.pins),
            ("releases", self.releases),
            ("ambiguous_releases", self.ambiguous_releases),
            ("sticks", self.sticks),
            ("unsticks", self.unsticks),
            ("sign_changes", self.sign_changes),
            ("flips", self.flips),
        ]
    }

    /// Counters from the integers of [`Counters::counts`] and the ambiguous mass.
    pub fn from_counts(counts: [u64; 9], ambiguous_mass: f64) -> Counters {
        let [crossings, deaths, pins, releases, ambiguous_releases, sticks, unsticks, sign_changes, flips] =
            counts;
        Counters {
            crossings,
            deaths,
            pins,
            releases,
            ambiguous_releases,
            sticks,
            unsticks,
            sign_changes,
            flips,
            ambiguous_mass,
        }
    }

    /// All boundary and sign events together.
    pub fn events(&self) -> u64 {
        // Ambiguous releases are releases already.
        self.crossings
            + self.deaths
            + self.pins
            + self.releases
            + self.sticks
            + self.unsticks
            + self.sign_changes
            + self.flips
    }
}

impl std::ops::AddAssign for Counters {
    fn add_assign(&mut self, other: Counters) {
        self.crossings += other.crossings;
        self.deaths += other.deaths;
        self.pins += other.pins;
        self.releases += other.releases;
        self.ambiguous_releases += other.ambiguous_releases;
        self.sticks += other.sticks;
        self.unsticks += other.unsticks;
        self.sign_changes += other.sign_changes;
        self.flips += other.flips;
        self.ambiguous_mass += other.ambiguous_mass;
    }
}
