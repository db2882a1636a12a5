//! Whether there is a limit, and how wide is wide enough.

use super::approach::{Approach, Width};
use super::design::Design;
use super::limit_report::LimitReport;

/// Two stand-ins for the limit that are apart by more than this share of the function's size, and of how far the widest
/// networks are from it, do not stand for the same.
const APART: f64 = 0.5;

/// Why networks of growing width approach nothing; `None` if they may.
///
/// * `size`: of the limit's function.
/// * `networks`: mean distance of the widest networks' functions to it; where it is all but 0 that tells more.
pub(super) fn no_limit(design: &Design, limits: &[LimitReport], size: f64, networks: f64) -> Option<String> {
    if design.depends_on_width {
        return Some(
            "measure.law or flow.scaling depends on the width, so that networks of growing width approach nothing in \
             mean-field time; give a law that does not depend on it (normal, uniform, two-sided) and scaling = \"m\""
                .to_string(),
        );
    }
    let pairs =
        limits.iter().flat_map(|limit| limits.iter().zip(&limit.apart).map(move |pair| (limit, pair)));
    let (one, (other, apart)) =
        pairs.max_by(|(_, (_, a)), (_, (_, b))| a[FUNCTION].total_cmp(&b[FUNCTION]))?;
    (apart[FUNCTION] > APART * size.max(networks)).then(|| {
        format!(
            "what stands for the limit, {} and {}, learns functions that are apart by {:.1e} where they are {:.1e} in size",
            one.kind.name(),
            other.kind.name(),
            apart[FUNCTION],
            size
        )
    })
}

/// Among what limits are compared in.
const FUNCTION: usize = super::ensemble::Quantity::Function as usize;

/// How wide a network must be to be within 1 % of the limit's function, or why that is not known.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// In a few words.
    pub heading: String,
    /// In full.
    pub sentence: String,
}

impl Answer {
    /// * `of_function`: how functions approach the limit.
    /// * `widths`: of the study.
    pub(super) fn of(no_limit: Option<&str>, of_function: Option<&Approach>, widths: &[u64]) -> Answer {
        let unknown = |why: &str| Answer {
            heading: "No width can be named".to_string(),
            sentence: format!(
                "How wide a network must be to be within 1 % of the limit's function is not known: {why}."
            ),
        };
        if let Some(why) = no_limit {
            return Answer {
                heading: "There is no limit of infinite width".to_string(),
                sentence: format!("There is no limit of infinite width: {why}."),
            };
        }
        let Some(approach) = of_function else { return unknown("functions were not compared") };
        let Some([width, low, high]) = approach.one_percent else { return unknown(&approach.verdict) };
        let nearly_all = match approach.one_percent_nearly_all {
            Some(at @ Width::At(_)) => format!(", 95 of 100 networks are from about {at} on"),
            Some(Width::Beyond(most)) => format!(", 95 of 100 networks only beyond {most}"),
            Some(Width::Below(_)) | None => String::new(),
        };
        match width {
            Width::At(_) => Answer {
                heading: format!("{width} neurons are within 1 % on average"),
                sentence: format!(
                    "A network of {width} neurons (95 % interval: {low} to {high}) is on average within 1 % of the \
                     limit's function{nearly_all}."
                ),
            },
            Width::Below(least) => Answer {
                heading: format!("Fewer than {least} neurons are within 1 % on average"),
                sentence: format!(
                    "Already {least} neurons, the narrowest networks of this study, are on average within 1 % of the \
                     limit's function{nearly_all}."
                ),
            },
            Width::Beyond(most) => Answer {
                heading: format!("More than {most} neurons are needed"),
                sentence: format!(
                    "Networks must have more than {most} neurons, the widest of this study, to be on average within 1 % \
                     of the limit's function; give more --widths. Those of {} to {most} are not.",
                    widths.iter().min().unwrap_or(&most)
                ),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::limit::LimitKind;
    use super::*;

    fn design(depends_on_width: bool) -> Design {
        let (limits, notes) = (vec![], vec![]);
        Design {
            widths: vec![],
            seeds: 2,
            limits,
            measures: 0,
            notes,
            antisymmetric: false,
            depends_on_width,
        }
    }

    #[test]
    fn stand_ins_that_disagree_stand_for_nothing() {
        let limit = |kind, function| LimitReport {
            kind,
            about: String::new(),
            error: [0.0; 4],
            apart: vec![[0.0, function, 0.0, 0.0], [0.0; 4]],
        };
        let of = |apart: f64| {
            no_limit(
                &design(false),
                &[limit(LimitKind::Quadrature, 0.0), limit(LimitKind::Sobol, apart)],
                2.0,
                1.0,
            )
        };
        assert_eq!(of(0.9), None);
        assert!(
            of(6.6e3).unwrap().contains("sobol and quadrature, learns functions that are apart by 6.6e3")
        );
        assert!(no_limit(&design(true), &[], 2.0, 1.0).unwrap().contains("depends on the width"));
        let answer = Answer::of(Some("so it is"), None, &[10]);
        assert_eq!(answer.sentence, "There is no limit of infinite width: so it is.");
    }
}
