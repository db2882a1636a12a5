//! Colours that the colour-blind can tell apart, and maps from numbers to colours.

/// Red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color(pub u8, pub u8, pub u8);

// The palette of Okabe and Ito, "Color Universal Design" (2008).
/// Black.
pub const BLACK: Color = Color(0, 0, 0);
/// Orange.
pub const ORANGE: Color = Color(230, 159, 0);
/// Sky blue.
pub const SKY: Color = Color(86, 180, 233);
/// Bluish green.
pub const GREEN: Color = Color(0, 158, 115);
/// Yellow.
pub const YELLOW: Color = Color(240, 228, 66);
/// Blue.
pub const BLUE: Color = Color(0, 114, 178);
/// Vermilion.
pub const VERMILION: Color = Color(213, 94, 0);
/// Reddish purple.
pub const PURPLE: Color = Color(204, 121, 167);
/// Grey, beside the palette.
pub const GREY: Color = Color(120, 120, 120);
/// White.
pub const WHITE: Color = Color(255, 255, 255);

/// Colours of curves that are told apart, in the order in which they are used.
pub const CURVES: [Color; 7] = [BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, BLACK];

/// Colour of particles with `r >= 0`.
pub const POSITIVE: Color = BLUE;
/// Colour of particles with `r < 0`.
pub const NEGATIVE: Color = VERMILION;

/// Cividis, sampled: light is small. Made for colour-blind eyes by Nuñez, Anderton and Renslow
/// (2018); reversed here, because figures are on white.
const CIVIDIS: [Color; 9] = [
    Color(253, 231, 55),
    Color(225, 204, 85),
    Color(193, 178, 110),
    Color(163, 154, 119),
    Color(135, 131, 121),
    Color(107, 109, 114),
    Color(78, 88, 109),
    Color(43, 67, 110),
    Color(0, 34, 78),
];

/// From white over light to middling dark, in even steps of lightness (the map "mako" of the seaborn library, without its
/// dark half): lines and particles are seen on all of it.
const LIGHT: [Color; 7] = [
    Color(255, 255, 255),
    Color(205, 239, 216),
    Color(154, 221, 185),
    Color(91, 202, 172),
    Color(61, 177, 173),
    Color(52, 150, 169),
    Color(53, 123, 162),
];

impl Color {
    /// The mixture with `share` of `other`.
    ///
    /// ```
    /// use reluflow::plot::color::{BLACK, Color, WHITE};
    /// assert_eq!(BLACK.mixed(WHITE, 0.2), Color(51, 51, 51));
    /// ```
    pub fn mixed(self, other: Color, share: f64) -> Color {
        let share = share.clamp(0.0, 1.0);
        let mix = |a: u8, b: u8| (f64::from(a) * (1.0 - share) + f64::from(b) * share).round() as u8;
        Color(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }
}

/// The colour at a share of the way through a list of colours at equal distances.
fn between(colors: &[Color], share: f64) -> Color {
    let at = share.clamp(0.0, 1.0) * (colors.len() - 1) as f64;
    let i = (at as usize).min(colors.len() - 2);
    colors[i].mixed(colors[i + 1], at - i as f64)
}

/// From 0, light, to 1, dark.
pub fn sequential(share: f64) -> Color {
    between(&CIVIDIS, share)
}

/// From 0, white, over light to 1, a middling blue.
pub fn fading(share: f64) -> Color {
    between(&LIGHT, share)
}

/// From -1, vermilion, over white at 0 to 1, blue.
pub fn diverging(value: f64) -> Color {
    let end = if value < 0.0 { NEGATIVE } else { POSITIVE };
    WHITE.mixed(end, value.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `L*` of CIE 1976.
    fn lightness(Color(r, g, b): Color) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let y = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
        if y > 0.008856 { 116.0 * y.cbrt() - 16.0 } else { 903.3 * y }
    }

    #[test]
    fn fading_is_light_and_goes_down_evenly() {
        let lightness: Vec<f64> = (0..=20).map(|i| lightness(fading(f64::from(i) / 20.0))).collect();
        println!("{lightness:.1?}");
        assert!((lightness[0] - 100.0).abs() < 0.1 && lightness[20] > 45.0);
        let mean = (lightness[0] - lightness[20]) / 20.0;
        for pair in lightness.windows(2) {
            let step = pair[0] - pair[1];
            assert!(step > 0.8 * mean && step < 1.2 * mean, "{step} of {mean}: {lightness:.1?}");
        }
    }
}
