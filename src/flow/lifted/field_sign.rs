//! On which sign of the field neurons go by the lines of their region.
//!
//! `ds/du = -beta c <n, h g>`: as long as the field across a line keeps its sign and `c` its own, a neuron
//! either nears that line or goes away from it, at whatever speed. One that goes away, as most do that have just
//! crossed the line, needs no test until then.

/// For each of two lines: 1 where neurons with `c > 0` go away from it, -1 where those with `c < 0` do, 0
/// where the field across it may turn.
pub type Signs = [i8; 2];

/// The sign of the field of a bin: the signs in its last step, 0 where nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldSign(Signs);

impl FieldSign {
    /// Whether it turns in a step in which the signs are these (`None` where no neuron is): those that
    /// relied on it can no longer.
    pub fn turns(self, signs: Option<Signs>) -> bool {
        signs.is_some_and(|signs| signs != self.0)
    }

    /// What can be relied on in such a step: nothing if the sign of the field turns in it.
    pub fn relied_on(self, signs: Option<Signs>) -> Signs {
        if self.turns(signs) || self.0.contains(&0) { [0, 0] } else { self.0 }
    }

    /// The sign of the field after such a step.
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
