//! The picture, read back.

#![expect(clippy::cast_precision_loss, reason = "places in a picture")]

use jiff::SignedDuration;

use super::*;
use crate::model::reason::Unit;

fn curve(points: impl IntoIterator<Item = (i64, f64)>, limit: Option<f64>, unit: Unit) -> Curve {
    let bad = |value: f64| limit.is_some_and(|limit| value > limit);
    let points = points.into_iter().map(|(second, value)| Point { at: at(second), value, bad: bad(value) });
    Curve { of: "x".to_owned(), points: points.collect(), unit, limit, released: None, rolled_back: None }
}

fn at(second: i64) -> Timestamp {
    "2026-03-01T10:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
}

fn mark(second: i64, version: &str) -> Mark {
    Mark { at: at(second), version: version.to_owned() }
}

/// Pixels of a PNG that goes by a palette.
fn read(png: &[u8]) -> Vec<Color> {
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let mut chunks = std::collections::BTreeMap::new();
    let mut rest = &png[8..];
    while !rest.is_empty() {
        let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        chunks.insert(rest[4..8].to_vec(), rest[8..8 + length].to_vec());
        rest = &rest[12 + length..];
    }
    let size = |at: usize| u32::from_be_bytes(chunks[&b"IHDR"[..]][at..at + 4].try_into().unwrap());
    assert_eq!((size(0), size(4)), (WIDTH, HEIGHT));
    let palette: Vec<Color> = chunks[&b"PLTE"[..]].chunks(3).map(|color| color.try_into().unwrap()).collect();
    let rows = miniz_oxide::inflate::decompress_to_vec_zlib(&chunks[&b"IDAT"[..]]).unwrap();
    let rows = rows.chunks(WIDTH as usize + 1);
    rows.flat_map(|row| row[1..].iter().map(|at| palette[usize::from(*at)]).collect::<Vec<_>>()).collect()
}

/// Columns in which a color is found below the words on top.
fn columns(pixels: &[Color], color: Color) -> Vec<usize> {
    let wide = WIDTH as usize;
    let below = usize::try_from(TOP).unwrap();
    let has = |x: &usize| (below..HEIGHT as usize).any(|y| pixels[y * wide + x] == color);
    (0..wide).filter(has).collect()
}

#[test]
fn limit_release_and_rollback_are_where_they_belong() {
    let mut it =
        curve((0..100).map(|step| (step * 10, if step > 60 { 0.09 } else { 0.01 })), Some(0.05), Unit::Ratio);
    it.released = Some(mark(500, "1.4.2"));
    it.rolled_back = Some(mark(900, "1.4.1"));
    let pixels = read(&png(&it, &TimeZone::UTC));
    let place = |second: f64| (f64::from(LEFT) + 8.0) + second / 990.0 * f64::from(RIGHT - 14 - LEFT - 8);
    let near = |columns: &[usize], second: f64| {
        let middle = columns.iter().sum::<usize>() as f64 / columns.len() as f64;
        assert!((middle - place(second)).abs() < 3.0, "{middle} {}", place(second));
    };
    near(&columns(&pixels, RELEASE), 500.0);
    near(&columns(&pixels, ROLLBACK), 900.0);
    let (line, bad) = (columns(&pixels, LINE), columns(&pixels, BAD));
    assert!(
        line.iter().any(|x| (*x as f64) < place(300.0)) && !line.iter().any(|x| (*x as f64) > place(650.0))
    );
    assert!(bad.len() > 300, "the limit is dashed all along");
    let row = |y: i32| {
        (300..500).filter(|x| pixels[usize::try_from(y).unwrap() * WIDTH as usize + x] == BAD).count()
    };
    let most = (TOP..BOTTOM).max_by_key(|y| row(*y)).unwrap();
    let limit = f64::from(BOTTOM) - 0.05 / 0.1 * f64::from(BOTTOM - TOP);
    assert!((f64::from(most) - limit).abs() < 4.0, "{most} {limit}");
}

/// Whatever is measured, and however little of it: it is drawn, small, and never a panic.
#[test]
fn every_curve_is_a_small_picture() {
    let noise = |step: i64| f64::from(u32::try_from(step * 7919 % 101).unwrap()) / 101.0;
    let curves = [
        curve((0..480).map(|step| (step * 5, noise(step))), Some(0.9), Unit::Ratio),
        curve((0..3).map(|step| (step, 0.0)), Some(0.0), Unit::Seconds),
        curve((0..3).map(|_| (0, 7.0)), None, Unit::Plain),
        curve((0..9).map(|step| (step, -1e12 * noise(step))), Some(1e12), Unit::Plain),
        curve((0..9).map(|step| (step * 86_400, f64::MAX)), Some(f64::MIN), Unit::Plain),
        curve((0..9).map(|step| (step, 1e-300)), Some(1e-12), Unit::Ratio),
    ];
    for mut curve in curves {
        for version in ["1.4.2", "版本一\u{202e}\n<b>", &"9".repeat(300)] {
            curve.released = Some(mark(1, version));
            curve.rolled_back = Some(mark(2, version));
            let png = png(&curve, &TimeZone::UTC);
            read(&png);
            assert!(png.len() < 30_000, "{} bytes", png.len());
        }
    }
    assert_eq!(png(&curve([], None, Unit::Ratio), &TimeZone::UTC), Vec::<u8>::new());
}

#[test]
fn axes_have_round_numbers_in_the_readers_units() {
    let labels = |values: &[f64], unit| {
        let (low, high, step) = scale::around(values.iter().copied(), unit);
        [low, low + step, high].map(|value| scale::label(value, step, unit))
    };
    assert_eq!(labels(&[0.002, 0.09], Unit::Ratio), ["0 %", "2 %", "10 %"]);
    assert_eq!(labels(&[0.0001, 0.0004], Unit::Ratio), ["0 %", "0.01 %", "0.05 %"]);
    assert_eq!(labels(&[0.01, 0.07], Unit::Seconds), ["0 ms", "20 ms", "80 ms"]);
    assert_eq!(labels(&[0.4, 3.2], Unit::Seconds), ["0 s", "1 s", "4 s"]);
    assert_eq!(labels(&[1_200.0, 6_100.0], Unit::Plain), ["0", "2k", "8k"]);
    assert_eq!(labels(&[0.93, 0.97], Unit::Plain), ["0.93", "0.94", "0.98"]);
    assert_eq!(labels(&[-3.0, 5.0], Unit::Plain), ["-4", "-2", "6"]);
    let zone = TimeZone::fixed(jiff::tz::offset(8));
    let times: Vec<String> =
        scale::times(at(0), at(1_500), &zone).into_iter().map(|(_, label)| label).collect();
    assert_eq!(times, ["18:05", "18:10", "18:15", "18:20", "18:25"]);
    let times: Vec<String> = scale::times(at(1), at(22), &zone).into_iter().map(|(_, label)| label).collect();
    assert_eq!(times, ["18:00:05", "18:00:10", "18:00:15", "18:00:20"]);
}
