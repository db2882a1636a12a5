//! Pictures to an animated GIF: one palette for all, and of each picture only what changes.

use std::collections::HashMap;

use gif::{DisposalMethod, Encoder, EncodingError, Frame, Repeat};

/// A colour.
pub type Rgb = [u8; 3];

/// Colours of the palette; one more number means "as before".
const COLOURS: usize = 255;
/// Pictures whose colours are counted.
const COUNTED: usize = 8;

/// Encodes pictures of the same size, `[width, height]`, with delays in hundredths of a second.
pub fn encode(size: [u32; 2], pictures: &[Vec<Rgb>], delays: &[u16]) -> Result<Vec<u8>, EncodingError> {
    let [width, height] = size.map(|length| length as u16);
    let palette = palette(pictures);
    let mut bytes = vec![];
    let flat: Vec<u8> = palette.iter().flatten().copied().collect();
    let mut encoder = Encoder::new(&mut bytes, width, height, &flat)?;
    encoder.set_repeat(Repeat::Infinite)?;
    let mut nearest = Nearest { palette: &palette, known: HashMap::new() };
    let mut before: Option<Vec<u8>> = None;
    for (picture, &delay) in pictures.iter().zip(delays) {
        let now: Vec<u8> = picture.iter().map(|&colour| nearest.of(colour)).collect();
        let mut frame = match &before {
            None => Frame::from_indexed_pixels(width, height, now.clone(), None),
            Some(before) => changed(width, before, &now),
        };
        frame.delay = delay;
        frame.dispose = DisposalMethod::Keep;
        encoder.write_frame(&frame)?;
        before = Some(now);
    }
    drop(encoder);
    Ok(bytes)
}

/// The most frequent colours: pictures are flat areas, and the blends at their edges.
fn palette(pictures: &[Vec<Rgb>]) -> Vec<Rgb> {
    let step = pictures.len().div_ceil(COUNTED).max(1);
    let counted = pictures.iter().step_by(step).chain(pictures.last());
    // Colours that cannot be told apart count together; the first one met stands for them.
    let mut bins: HashMap<Rgb, (usize, Rgb)> = HashMap::new();
    for colour in counted.flatten() {
        bins.entry(colour.map(|channel| channel >> 2)).or_insert((0, *colour)).0 += 1;
    }
    let mut all: Vec<(usize, Rgb)> = bins.into_values().collect();
    all.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut palette: Vec<Rgb> = all.into_iter().take(COLOURS).map(|(_, colour)| colour).collect();
    // The number that means "as before" has a place of its own.
    palette.resize(COLOURS + 1, [0; 3]);
    palette
}

/// The nearest colour of the palette, remembered.
struct Nearest<'a> {
    palette: &'a [Rgb],
    known: HashMap<Rgb, u8>,
}

impl Nearest<'_> {
    fn of(&mut self, colour: Rgb) -> u8 {
        let palette = self.palette;
        *self.known.entry(colour).or_insert_with(|| {
            let distance = |i: &usize| -> u32 {
                (0..3).map(|c| (i32::from(palette[*i][c]) - i32::from(colour[c])).pow(2) as u32).sum()
            };
            (0..COLOURS).min_by_key(distance).unwrap_or(0) as u8
        })
    }
}

/// The smallest rectangle that holds all that changes; what does not is transparent.
fn changed(width: u16, before: &[u8], now: &[u8]) -> Frame<'static> {
    let w = usize::from(width);
    let differs: Vec<usize> = (0..now.len()).filter(|&i| now[i] != before[i]).collect();
    let columns = differs.iter().map(|i| i % w);
    let (left, right) = (columns.clone().min().unwrap_or(0), columns.max().unwrap_or(0));
    let (top, bottom) = (differs.first().map_or(0, |i| i / w), differs.last().map_or(0, |i| i / w));
    let pixels: Vec<u8> = (top..=bottom)
        .flat_map(|row| (left..=right).map(move |column| row * w + column))
        .map(|i| if now[i] == before[i] { COLOURS as u8 } else { now[i] })
        .collect();
    let (across, down) = ((right - left + 1) as u16, (bottom - top + 1) as u16);
    let mut frame = Frame::from_indexed_pixels(across, down, pixels, Some(COLOURS as u8));
    (frame.left, frame.top) = (left as u16, top as u16);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes and lays the frames over each other, as a viewer does.
    #[test]
    fn what_is_encoded_is_what_is_seen() {
        let (red, white) = ([200, 30, 40], [255; 3]);
        let mut pictures = vec![vec![white; 12]; 3];
        pictures[1][5] = red;
        pictures[2][5] = red;
        pictures[2][10] = red;
        let bytes = encode([4, 3], &pictures, &[10, 20, 30]).unwrap();
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::RGBA);
        let mut decoder = options.read_info(&bytes[..]).unwrap();
        let mut seen = vec![[0; 3]; 12];
        for (picture, delay) in pictures.iter().zip([10, 20, 30]) {
            let frame = decoder.read_next_frame().unwrap().unwrap();
            assert_eq!(frame.delay, delay);
            for (k, pixel) in frame.buffer.chunks(4).enumerate() {
                let (x, y) = (k % usize::from(frame.width), k / usize::from(frame.width));
                if pixel[3] > 0 {
                    let at = (y + usize::from(frame.top)) * 4 + x + usize::from(frame.left);
                    seen[at] = [pixel[0], pixel[1], pixel[2]];
                }
            }
            assert_eq!(&seen, picture);
        }
        assert!(decoder.read_next_frame().unwrap().is_none());
    }
}
