//! Pixels: rectangles, lines with soft edges, and words.

use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

/// Red, green, blue.
pub(super) type Color = [u8; 3];

/// The height of a line of words.
pub(super) const TEXT: i32 = 24;

/// How much of a pixel is covered: so many steps, so that the picture keeps to a palette.
const STEPS: u8 = 15;

/// A picture while it is drawn.
pub(super) struct Canvas {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pixels: Vec<Color>,
}

/// How much of each pixel a line covers.
pub(super) struct Stroke {
    width: usize,
    covered: Vec<u8>,
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize, color: Color) -> Self {
        Self { width, height, pixels: vec![color; width * height] }
    }

    /// One pixel, where it is inside, covered by so many steps of the color.
    fn blend(&mut self, x: i32, y: i32, color: Color, covered: u8) {
        let Some(at) = inside(self.width, self.height, x, y) else { return };
        let covered = u32::from(covered.min(STEPS));
        for (channel, new) in self.pixels[at].iter_mut().zip(color) {
            let mixed = u32::from(*channel) * (u32::from(STEPS) - covered) + u32::from(new) * covered;
            *channel = u8::try_from(mixed / u32::from(STEPS)).unwrap_or(u8::MAX);
        }
    }

    /// A rectangle from one corner to the other, which is outside; `strength` of the color.
    pub(super) fn fill(&mut self, from: (i32, i32), to: (i32, i32), color: Color, strength: f64) {
        for y in from.1..to.1 {
            for x in from.0..to.0 {
                self.blend(x, y, color, steps(strength));
            }
        }
    }

    /// A line straight down, dashed if so wanted.
    pub(super) fn dashes(&mut self, from: (i32, i32), to: (i32, i32), on: i32, off: i32, color: Color) {
        let along = if from.1 == to.1 { to.0 - from.0 } else { to.1 - from.1 };
        for step in (0..along).step_by(usize::try_from(on + off).unwrap_or(1).max(1)) {
            let end = (step + on).min(along);
            let (start, end) = if from.1 == to.1 {
                ((from.0 + step, from.1), (from.0 + end, from.1 + 3))
            } else {
                ((from.0, from.1 + step), (from.0 + 3, from.1 + end))
            };
            self.fill(start, end, color, 1.0);
        }
    }

    /// A triangle that points down at `tip`.
    pub(super) fn pointer(&mut self, tip: (i32, i32), size: i32, color: Color) {
        for row in 0..size {
            let half = row / 2 + 1;
            let y = tip.1 - row;
            self.fill((tip.0 - half, y), (tip.0 + half + 1, y + 1), color, 1.0);
        }
    }

    /// A line, each pixel in the color that it has there.
    pub(super) fn stroke(&mut self, stroke: &Stroke, color: impl Fn(i32, i32) -> Color) {
        for (at, covered) in stroke.covered.iter().enumerate().filter(|(_, covered)| **covered > 0) {
            let (x, y) = (whole(at % stroke.width), whole(at / stroke.width));
            self.blend(x, y, color(x, y), *covered);
        }
    }

    /// Words, from their upper left corner. What the font does not know is a question mark.
    pub(super) fn text(&mut self, text: &str, at: (i32, i32), color: Color) {
        for (index, character) in text.chars().enumerate() {
            let raster = |character| get_raster(character, FontWeight::Regular, RasterHeight::Size24);
            let Some(glyph) = raster(character).or_else(|| raster('?')) else { continue };
            let left = at.0 + whole(index * get_raster_width(FontWeight::Regular, RasterHeight::Size24));
            for (y, row) in glyph.rows().enumerate() {
                for (x, covered) in row.iter().enumerate() {
                    let covered = u16::from(*covered) * u16::from(STEPS) / 255;
                    self.blend(
                        left + whole(x),
                        at.1 + whole(y),
                        color,
                        u8::try_from(covered).unwrap_or(STEPS),
                    );
                }
            }
        }
    }
}

/// How wide words are.
pub(super) fn width_of(text: &str) -> i32 {
    whole(text.chars().count() * get_raster_width(FontWeight::Regular, RasterHeight::Size24))
}

impl Stroke {
    pub(super) fn new(canvas: &Canvas) -> Self {
        Self { width: canvas.width, covered: vec![0; canvas.pixels.len()] }
    }

    /// A line with round ends; where lines cross, nothing gets darker.
    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), thick: f64) {
        let reach = thick / 2.0 + 1.0;
        let (left, right) = (from.0.min(to.0) - reach, from.0.max(to.0) + reach);
        let (along_x, along_y) = (to.0 - from.0, to.1 - from.1);
        let length = along_x.mul_add(along_x, along_y * along_y);
        for x in floor(left)..=floor(right) {
            // Where the line passes this column, so that a steep line is not looked for everywhere.
            let (at, beside) = (f64::from(x), reach + 1.0);
            let y_at = |x: f64| {
                let part = if along_x == 0.0 { 0.0 } else { ((x - from.0) / along_x).clamp(0.0, 1.0) };
                from.1 + part * along_y
            };
            let ends = [y_at(at - beside), y_at(at + beside), if along_x == 0.0 { to.1 } else { y_at(at) }];
            let top = ends.iter().copied().fold(f64::INFINITY, f64::min) - reach;
            let bottom = ends.iter().copied().fold(f64::NEG_INFINITY, f64::max) + reach;
            for y in floor(top)..=floor(bottom) {
                let (dx, dy) = (at - from.0, f64::from(y) - from.1);
                let part = if length == 0.0 { 0.0 } else { (dx * along_x + dy * along_y) / length };
                let part = part.clamp(0.0, 1.0);
                let distance = (dx - part * along_x).hypot(dy - part * along_y);
                self.cover(x, y, steps(thick / 2.0 + 0.5 - distance));
            }
        }
    }

    fn cover(&mut self, x: i32, y: i32, covered: u8) {
        let height = self.covered.len() / self.width.max(1);
        if let Some(at) = inside(self.width, height, x, y) {
            self.covered[at] = self.covered[at].max(covered);
        }
    }
}

fn inside(width: usize, height: usize, x: i32, y: i32) -> Option<usize> {
    let (x, y) = (usize::try_from(x).ok()?, usize::try_from(y).ok()?);
    (x < width && y < height).then_some(y * width + x)
}

fn steps(part: f64) -> u8 {
    let most = f64::from(STEPS);
    floor((part * most).round().clamp(0.0, most)).try_into().unwrap_or(STEPS)
}

/// A picture is far smaller than this can hold.
pub(super) fn whole(at: usize) -> i32 {
    i32::try_from(at).unwrap_or(i32::MAX)
}

#[expect(clippy::cast_possible_truncation, reason = "a place in a picture; what is outside is not drawn")]
pub(super) fn floor(at: f64) -> i32 {
    at.clamp(-10_000.0, 10_000.0).floor() as i32
}
