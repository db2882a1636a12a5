//! A film of a run for talks: function and neurons over time, as an animated GIF.

mod canvas;
mod gif;
mod picture;

use super::error::ReportError;
use super::gather::Gathered;

use picture::Scene;

/// Pictures of a film: about six seconds.
const PICTURES: usize = 96;
/// How long a picture stands, the first and the last (hundredths of a second).
const DELAY: u16 = 6;
const FIRST: u16 = 80;
const LAST: u16 = 250;

/// The film of a run, the bytes of a GIF that repeats for ever.
///
/// Between snapshots pictures are interpolated, as on the page while it plays; the first picture is
/// the first snapshot, the last one the last.
///
/// # Errors
/// The encoder fails.
pub fn film(run: &Gathered) -> Result<Vec<u8>, ReportError> {
    let scene = Scene::new(run);
    let last = run.frames.len() - 1;
    // As many pictures between all neighbours, so that every snapshot is one of them.
    let between = (PICTURES / last.max(1)).max(1);
    let pictures: Vec<Vec<[u8; 3]>> = (0..=last * between)
        .map(|i| scene.picture(i / between, (i % between) as f64 / between as f64))
        .collect();
    let delays: Vec<u16> = (0..pictures.len())
        .map(|i| match i {
            i if i + 1 == pictures.len() => LAST,
            0 => FIRST,
            _ => DELAY,
        })
        .collect();
    gif::encode([picture::WIDTH, picture::HEIGHT], &pictures, &delays)
        .map_err(|error| ReportError::Film { found: error.to_string() })
}
