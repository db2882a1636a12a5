//! The signs of the field across the two lines of a region, and which neurons go away from a line because of them
//! (section 10, "Sign of the field").
//!
//! `ds/du = -beta c <n, h g>`: as long as the field across a line keeps its sign and `c` its own, a neuron
//! either comes nearer to that line or goes away from it, at whatever speed. One that goes away, as most do that have
//! just crossed the line, needs no test for that line until one of both signs changes.
//!
//! Without this a step costs 1.2 to 1.4 times the processor time while many neurons cross (10 samples), and the same
//! with 100 samples and late in a run (guide, performance).

/// For each of two lines: 1 where neurons with `c > 0` go away from it, -1 where those with `c < 0` do, 0
/// where the field across it may turn.
pub type Signs = [i8; 2];

/// The signs of the field of a bin in its last accepted step, 0 where nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldSign(Signs);

impl FieldSign {
    /// Whether the signs in a step, these ones (`None` where no neuron is), are others: then neurons can no longer rely on
    /// them.
    pub fn turns(self, signs: Option<Signs>) -> bool {
        signs.is_some_and(|signs| signs != self.0)
    }

    /// The signs that can be relied on in such a step: zeros if they turn in it, or if one of them is not certain.
    pub fn relied_on(self, signs: Option<Signs>) -> Signs {
        if self.turns(signs) || self.0.contains(&0) { [0, 0] } else { self.0 }
    }

    /// The signs to keep after such a step.
    pub fn after(self, signs: Option<Signs>) -> FieldSign {
        signs.map_or(self, FieldSign)
    }

    /// Whether a neuron with this `c` goes away from each line.
    pub fn goes_away(self, c: f64) -> [bool; 2] {
        self.0.map(|sign| f64::from(sign) * c > 0.0)
    }

    /// As numbers.
    pub fn to_flat(self) -> [f64; 2] {
        self.0.map(f64::from)
    }

    /// From [`FieldSign::to_flat`].
    pub fn from_flat(flat: [f64; 2]) -> FieldSign {
        FieldSign(flat.map(|sign| sign as i8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_is_relied_on_while_it_does_not_turn() {
        let field_sign = FieldSign([0, 0]).after(Some([1, -1]));
        assert_eq!(field_sign.relied_on(Some([1, -1])), [1, -1]);
        for other in [[1, 1], [-1, -1], [0, -1], [1, 0]] {
            assert!(field_sign.turns(Some(other)) && field_sign.relied_on(Some(other)) == [0, 0]);
        }
        // No neuron is there: it does not turn, and none relies on it.
        assert!(!field_sign.turns(None) && field_sign.after(None) == field_sign);
        // Where one of both may turn, neither is relied on: a neuron then may be near the other line.
        let unsure = field_sign.after(Some([1, 0]));
        assert_eq!((unsure.turns(Some([1, 0])), unsure.relied_on(Some([1, 0]))), (false, [0, 0]));
        assert_eq!((field_sign.goes_away(0.5), field_sign.goes_away(-0.5)), ([true, false], [false, true]));
        assert_eq!((field_sign.goes_away(0.0), unsure.goes_away(0.5)), ([false; 2], [true, false]));
        assert_eq!(FieldSign::from_flat(field_sign.to_flat()), field_sign);
    }
}
