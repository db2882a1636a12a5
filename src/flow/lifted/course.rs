//! On which course neurons go by the lines of their region.
//!
//! `ds/du = -beta c <n, h g>`: as long as the field across a line keeps its sign and `c` its own, a neuron
//! either nears that line or goes away from it, at whatever speed. Who goes away, as most do that have just
//! crossed the line, needs no look until then.

/// For each of two lines: 1 where neurons with `c > 0` go away from it, -1 where those with `c < 0` do, 0
/// where the field across it may turn.
pub type Senses = [i8; 2];

/// The course of a room: the senses in its last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Course(Senses);

impl Course {
    /// Of a room of which nothing is known.
    pub const NEW: Course = Course([0, 0]);

    /// Whether it turns in a step in which the senses are these (`None` where nobody is there): who relied
    /// on it can no longer.
    pub fn turns(self, senses: Option<Senses>) -> bool {
        senses.is_some_and(|senses| senses != self.0)
    }

    /// What can be relied on in such a step: nothing if the course turns in it.
    pub fn relied_on(self, senses: Option<Senses>) -> Senses {
        if self.turns(senses) || self.0.contains(&0) { [0, 0] } else { self.0 }
    }

    /// The course after such a step.
    pub fn after(self, senses: Option<Senses>) -> Course {
        senses.map_or(self, Course)
    }

    /// Whether a neuron with this `c` goes away from each line.
    pub fn goes_away(self, c: f64) -> [bool; 2] {
        self.0.map(|sense| f64::from(sense) * c > 0.0)
    }

    /// As numbers.
    pub fn to_flat(self) -> [f64; 2] {
        self.0.map(f64::from)
    }

    /// From [`Course::to_flat`].
    pub fn from_flat(flat: [f64; 2]) -> Course {
        Course(flat.map(|sense| sense as i8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_is_relied_on_while_it_does_not_turn() {
        let course = Course::NEW.after(Some([1, -1]));
        assert_eq!(course.relied_on(Some([1, -1])), [1, -1]);
        for other in [[1, 1], [-1, -1], [0, -1], [1, 0]] {
            assert!(course.turns(Some(other)) && course.relied_on(Some(other)) == [0, 0]);
        }
        // Nobody is there: it does not turn, and nobody relies on it.
        assert!(!course.turns(None) && course.after(None) == course);
        // Where one of both may turn, neither is relied on: a neuron then may be near the other line.
        let unsure = course.after(Some([1, 0]));
        assert_eq!((unsure.turns(Some([1, 0])), unsure.relied_on(Some([1, 0]))), (false, [0, 0]));
        assert_eq!((course.goes_away(0.5), course.goes_away(-0.5)), ([true, false], [false, true]));
        assert_eq!((course.goes_away(0.0), unsure.goes_away(0.5)), ([false; 2], [true, false]));
        assert_eq!(Course::from_flat(course.to_flat()), course);
    }
}
