//! A film of a run for talks: function, knots, neurons and loss over time, as an animated GIF.

mod gif;
mod picture;

use rayon::prelude::*;

use super::error::ReportError;
use super::gather::Gathered;

use gif::Rgb;
use picture::Film;

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
/// Drawing or encoding fails.
pub fn film(run: &Gathered) -> Result<Vec<u8>, ReportError> {
    let film = Film::new(run);
    let last = run.frames.len() - 1;
    // As many pictures between all neighbours, so that every snapshot is one of them.
    let between = (PICTURES / last.max(1)).max(1);
    let failed = |error: &dyn std::fmt::Display| ReportError::Film { found: error.to_string() };
    let pictures = (0..=last * between)
        .into_par_iter()
        .map(|i| film.picture(i / between, (i % between) as f64 / between as f64))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| failed(&error))?;
    let delays: Vec<u16> = (0..pictures.len())
        .map(|i| match i {
            i if i + 1 == pictures.len() => LAST,
            0 => FIRST,
            _ => DELAY,
        })
        .collect();
    let size = pictures[0].0;
    let pictures: Vec<Vec<Rgb>> = pictures.into_iter().map(|(of, picture)| fit(picture, of, size)).collect();
    gif::encode(size, &pictures, &delays).map_err(|error| failed(&error))
}

/// A picture in another size: a legend may take a line more as soon as it has something to say.
fn fit(picture: Vec<Rgb>, [width, height]: [u32; 2], size: [u32; 2]) -> Vec<Rgb> {
    if [width, height] == size {
        return picture;
    }
    let at = |x: u32, y: u32| match x < width && y < height {
        true => picture[(y * width + x) as usize],
        false => [255; 3],
    };
    (0..size[1]).flat_map(|y| (0..size[0]).map(move |x| (x, y))).map(|(x, y)| at(x, y)).collect()
}
