//! A curve as a picture: the metric that tripped with its limit, and when the release came and went.
//!
//! It is looked at on a phone, in light and in dark surroundings, so it brings its own ground. Its only words are
//! numbers, times and versions: everything else stands beside it, in the reader's language.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::decide::curve::{Curve, Mark, Point};

mod canvas;
mod png;
mod scale;
#[cfg(test)]
mod tests;

use canvas::{Canvas, Color, Stroke, TEXT, floor, width_of};
use scale::Scale;

/// More pixels than a mail is wide, since screens are that fine; few enough that the words can be read on a phone.
pub const WIDTH: u32 = 840;
/// See `WIDTH`.
pub const HEIGHT: u32 = 400;

/// Where the plot begins and ends.
const LEFT: i32 = 116;
const RIGHT: i32 = 814;
const TOP: i32 = 80;
const BOTTOM: i32 = 346;

const GROUND: Color = [0xff, 0xff, 0xff];
const FRAME: Color = [0xd0, 0xd7, 0xde];
const GRID: Color = [0xe7, 0xeb, 0xef];
const WORDS: Color = [0x57, 0x60, 0x6a];
const LINE: Color = [0x1f, 0x6f, 0xd6];
const BAD: Color = [0xd1, 0x24, 0x2f];
const RELEASE: Color = [0x24, 0x29, 0x2f];
const ROLLBACK: Color = [0x1a, 0x7f, 0x37];

const THICK: f64 = 4.0;

/// Versions are shown so far.
const VERSION: usize = 28;

/// The curve as a PNG.
pub fn png(curve: &Curve, zone: &TimeZone) -> Vec<u8> {
    let (Some(first), Some(last)) = (curve.points.first(), curve.points.last()) else { return Vec::new() };
    let marks = || [&curve.released, &curve.rolled_back].into_iter().flatten();
    let from = marks().map(|mark| mark.at).fold(first.at, Timestamp::min);
    let to = marks().map(|mark| mark.at).fold(last.at, Timestamp::max);
    let values = curve.points.iter().map(|point| point.value).chain(curve.limit);
    let (low, high, step) = scale::around(values, curve.unit);
    let plot = Plot {
        x: Scale {
            from: 0.0,
            to: seconds(from, to),
            place: (f64::from(LEFT) + 8.0, f64::from(RIGHT) - 14.0),
        },
        y: Scale { from: low, to: high, place: (f64::from(BOTTOM), f64::from(TOP)) },
        from,
    };
    let size = |size| usize::try_from(size).unwrap_or_default();
    let mut canvas = Canvas::new(size(WIDTH), size(HEIGHT), GROUND);
    frame(&mut canvas);
    plot.values(&mut canvas, curve, step);
    plot.times(&mut canvas, to, zone);
    if let Some(released) = &curve.released {
        let until = curve.rolled_back.as_ref().map_or(to, |mark| mark.at);
        let (left, right) = (floor(plot.x(released.at)), floor(plot.x(until)));
        canvas.fill((left, TOP), (right, BOTTOM), BAD, 0.07);
    }
    plot.line(&mut canvas, curve);
    plot.mark(&mut canvas, curve.released.as_ref(), 12, RELEASE);
    plot.mark(&mut canvas, curve.rolled_back.as_ref(), 44, ROLLBACK);
    plot.limit(&mut canvas, curve, step);
    png::encode(&canvas)
}

/// Where things stand.
struct Plot {
    x: Scale,
    y: Scale,
    from: Timestamp,
}

impl Plot {
    fn x(&self, at: Timestamp) -> f64 {
        self.x.at(seconds(self.from, at))
    }

    fn place(&self, point: &Point) -> (f64, f64) {
        (self.x(point.at), self.y.at(point.value))
    }

    /// Round values with a line across.
    fn values(&self, canvas: &mut Canvas, curve: &Curve, step: f64) {
        let mut value = self.y.from;
        while value <= self.y.to + step * 0.5 {
            let y = floor(self.y.at(value));
            canvas.fill((LEFT, y), (RIGHT, y + 2), GRID, 1.0);
            let label = scale::label(value, step, curve.unit);
            canvas.text(&label, (LEFT - 14 - width_of(&label), y - TEXT / 2), WORDS);
            value += step;
        }
    }

    /// Round times with a small line below, and the zone that they are in.
    fn times(&self, canvas: &mut Canvas, to: Timestamp, zone: &TimeZone) {
        canvas.fill((LEFT, BOTTOM), (RIGHT, BOTTOM + 2), WORDS, 1.0);
        for (at, label) in scale::times(self.from, to, zone) {
            let (x, half) = (floor(self.x(at)), width_of(&label) / 2);
            canvas.fill((x, BOTTOM), (x + 2, BOTTOM + 9), WORDS, 1.0);
            let left = (x - half).clamp(LEFT - 30, RIGHT - 2 * half);
            canvas.text(&label, (left, BOTTOM + 16), WORDS);
        }
        let offset = self.from.to_zoned(zone.clone()).strftime("%:z").to_string();
        canvas.text(&offset, (16, BOTTOM + 16), WORDS);
    }

    /// The curve: red beyond its limit, a dot for whatever failed.
    fn line(&self, canvas: &mut Canvas, curve: &Curve) {
        let times: Vec<Timestamp> = curve.points.iter().map(|point| point.at).collect();
        let gap = scale::gap(&times);
        let mut stroke = Stroke::new(canvas);
        let mut last: Option<&Point> = None;
        for point in &curve.points {
            let (x, y) = self.place(point);
            let joined = last.filter(|last| seconds(last.at, point.at) <= gap.as_secs_f64());
            let from = joined.map_or((x, y), |last| self.place(last));
            under(canvas, from, (x, y));
            stroke.line(from, (x, y), THICK);
            last = Some(point);
        }
        let limit = curve.limit.map(|limit| floor(self.y.at(limit)));
        let above = curve.beyond(self.y.to);
        let bad = |y: i32| limit.is_some_and(|limit| if above { y < limit } else { y > limit });
        canvas.stroke(&stroke, |_, y| if bad(y) { BAD } else { LINE });
        if curve.dots() {
            let mut dots = Stroke::new(canvas);
            for point in curve.points.iter().filter(|point| point.bad) {
                let at = self.place(point);
                dots.line(at, at, THICK * 3.0);
            }
            canvas.stroke(&dots, |_, _| BAD);
        }
    }

    fn limit(&self, canvas: &mut Canvas, curve: &Curve, step: f64) {
        let Some(limit) = curve.limit else { return };
        let y = floor(self.y.at(limit));
        canvas.dashes((LEFT, y - 1), (RIGHT, y - 1), 14, 9, BAD);
        // A limit may need more digits than round values do.
        let label = scale::label(limit, step / 10.0, curve.unit);
        let left = LEFT + 14;
        canvas.fill((left - 6, y - TEXT - 4), (left + width_of(&label) + 6, y - 3), GROUND, 0.87);
        canvas.text(&label, (left, y - TEXT - 3), BAD);
    }

    /// A line down with the version on top.
    fn mark(&self, canvas: &mut Canvas, mark: Option<&Mark>, row: i32, color: Color) {
        let Some(Mark { at, version }) = mark else { return };
        let x = floor(self.x(*at));
        canvas.fill((x - 1, row + TEXT / 2), (x + 2, BOTTOM), color, 1.0);
        canvas.pointer((x, row + TEXT + 2), 18, color);
        let short: String = version.chars().filter(|c| !crate::untrusted::acts(*c)).take(VERSION).collect();
        let wide = width_of(&short);
        let left = if x + 18 + wide > RIGHT + 20 { x - 18 - wide } else { x + 18 };
        canvas.text(&short, (left, row), color);
    }
}

/// What is below a piece of the curve.
fn under(canvas: &mut Canvas, from: (f64, f64), to: (f64, f64)) {
    for x in floor(from.0)..floor(to.0) {
        let part = (f64::from(x) - from.0) / (to.0 - from.0);
        let y = floor(from.1 + part.clamp(0.0, 1.0) * (to.1 - from.1));
        canvas.fill((x, y), (x + 1, BOTTOM), LINE, 0.14);
    }
}

fn frame(canvas: &mut Canvas) {
    let (width, height) = (canvas::whole(canvas.width), canvas::whole(canvas.height));
    canvas.fill((0, 0), (width, 2), FRAME, 1.0);
    canvas.fill((0, height - 2), (width, height), FRAME, 1.0);
    canvas.fill((0, 0), (2, height), FRAME, 1.0);
    canvas.fill((width - 2, 0), (width, height), FRAME, 1.0);
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}
