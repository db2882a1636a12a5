//! Where on the circle a particle is, as far as the flow is concerned.

/// The place of one particle: what it is doing and in which region or on which boundary.
///
/// Four bytes, because every particle carries one. The run file stores [`Place::kind`] as
/// `place` and [`Place::index`] as `place_index`.
///
/// ```
/// use reluflow::problem::{Place, PlaceKind};
/// let place = Place::pinned(3);
/// assert_eq!((place.kind(), place.index()), (PlaceKind::Pinned, 3));
/// assert_eq!(Place::new(PlaceKind::Pinned, 3), place);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Place(u32);

/// What a particle is doing. The numbers are the codes in the run file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum PlaceKind {
    /// Moving inside region `index`.
    Free = 0,
    /// Sliding on boundary `index`, an attractor: only `r` moves.
    Pinned = 1,
    /// In region 0, where no sample is active: frozen for ever.
    Dead = 2,
    /// Stuck at `r = 0` inside region `index` by the total-variation term.
    Stuck = 3,
    /// Stuck at `r = 0` on boundary `index` by the total-variation term.
    StuckPinned = 4,
}

impl PlaceKind {
    /// All kinds, in the order of their codes.
    pub const ALL: [PlaceKind; 5] =
        [PlaceKind::Free, PlaceKind::Pinned, PlaceKind::Dead, PlaceKind::Stuck, PlaceKind::StuckPinned];

    /// The name in the run file (`flag_meanings`).
    pub fn name(self) -> &'static str {
        match self {
            PlaceKind::Free => "free",
            PlaceKind::Pinned => "pinned",
            PlaceKind::Dead => "dead",
            PlaceKind::Stuck => "stuck",
            PlaceKind::StuckPinned => "stuck_pinned",
        }
    }

    /// The kind with this code, if there is one.
    pub fn from_code(code: u8) -> Option<PlaceKind> {
        PlaceKind::ALL.get(usize::from(code)).copied()
    }
}

const KIND_SHIFT: u32 = 29;
/// Set for a neuron pinned with `c < 0`: in the frame of its cluster that cannot be seen from `c`.
const NEGATIVE: u32 = 1 << 28;

impl Place {
    /// Dead: region 0.
    pub const DEAD: Place = Place((PlaceKind::Dead as u32) << KIND_SHIFT);

    /// Any kind; `index` is a region or, for the two pinned kinds, a boundary.
    pub fn new(kind: PlaceKind, index: usize) -> Place {
        debug_assert!(index < NEGATIVE as usize);
        Place((kind as u32) << KIND_SHIFT | index as u32)
    }

    /// Free in region `k >= 1`; region 0 is dead.
    pub fn in_region(k: usize) -> Place {
        if k == 0 { Place::DEAD } else { Place(k as u32) }
    }

    /// Pinned on boundary `b`.
    pub fn pinned(b: usize) -> Place {
        Place::new(PlaceKind::Pinned, b)
    }

    /// Pinned on boundary `b`, in the cluster of `c < 0` if `negative`, else of `c >= 0`.
    pub fn in_cluster(b: usize, negative: bool) -> Place {
        Place(Place::pinned(b).0 | if negative { NEGATIVE } else { 0 })
    }

    /// Whether the particle belongs to the cluster of `c < 0`.
    pub fn is_negative(self) -> bool {
        self.0 & NEGATIVE != 0
    }

    /// What the particle is doing.
    pub fn kind(self) -> PlaceKind {
        match self.0 >> KIND_SHIFT {
            0 => PlaceKind::Free,
            1 => PlaceKind::Pinned,
            2 => PlaceKind::Dead,
            3 => PlaceKind::Stuck,
            _ => PlaceKind::StuckPinned,
        }
    }

    /// Region, or boundary for the two pinned kinds.
    pub fn index(self) -> usize {
        (self.0 & (NEGATIVE - 1)) as usize
    }

    /// Whether the particle moves freely in a region.
    pub fn is_free(self) -> bool {
        self.0 >> KIND_SHIFT == 0
    }

    /// The four bytes as stored in a checkpoint.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// From the four bytes of a checkpoint.
    pub fn from_bits(bits: u32) -> Place {
        Place(bits)
    }
}
