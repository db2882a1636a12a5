//! How finely a density is resolved: `measure.cells`, or `measure.density_error`.

use crate::system::text::number;

use super::ScenarioError;
use super::entry::Kept;
use super::section::Section;

/// Cells per turn of the circle, and across the amplitudes, unless told.
const DEFAULT: [usize; 2] = [256, 256];
/// Fewest and most cells each way.
const BOUNDS: [usize; 2] = [16, 16_384];

/// Reads `cells` and `density_error`: how many cells each way, and the error for which they are searched instead.
pub(super) fn read(section: &mut Section) -> Result<([usize; 2], Option<Kept<f64>>), ScenarioError> {
    let target = section.number("density_error")?;
    if let Some(target) = &target {
        if target.value <= 0.0 {
            return Err(target.refuse(
                "is not positive",
                "give the largest error of a residual that you accept, in units of y, for example 1e-4",
            ));
        }
        if section.has("cells") {
            return Err(
                target.refuse("is given and measure.cells, too", "remove one: cells follow from the error")
            );
        }
    }
    Ok((cells(section)?, target.map(|target| target.keep())))
}

/// `cells = [per turn, across the amplitudes]`.
fn cells(section: &mut Section) -> Result<[usize; 2], ScenarioError> {
    let Some(entry) = section.numbers("cells")? else { return Ok(DEFAULT) };
    let example =
        "give two whole numbers, for example [256, 256]: per turn of the circle, and across the amplitudes";
    let [per_turn, across] = &entry.value[..] else {
        return Err(entry.refuse(format_args!("has {} numbers", entry.value.len()), example));
    };
    let mut found = [0; 2];
    for (found, value) in found.iter_mut().zip([per_turn, across].map(|number| *number.get_ref())) {
        let [least, most] = BOUNDS;
        if value.fract() != 0.0 || !(least as f64..=most as f64).contains(&value) {
            return Err(entry.refuse(
                format_args!("holds {}", number(value)),
                format_args!("{example}, each from {least} to {most}"),
            ));
        }
        *found = value as usize;
    }
    Ok(found)
}
