//! Pixels as PNG (ISO/IEC 15948), by palette where the colors are few.

use std::collections::BTreeMap;

use super::canvas::{Canvas, Color};

const SIGNATURE: [u8; 8] = [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'];

/// Of ten; more costs time and gains little on a picture like this.
const LEVEL: u8 = 6;

pub(super) fn encode(canvas: &Canvas) -> Vec<u8> {
    let indexed = indexed(canvas);
    let mut png = SIGNATURE.to_vec();
    let mut head = Vec::new();
    for size in [canvas.width, canvas.height] {
        head.extend(u32::try_from(size).unwrap_or(u32::MAX).to_be_bytes());
    }
    // Eight bits; 3: by palette, 2: red, green, blue. Then the only ways to compress and to filter; not interlaced.
    head.extend([8, if indexed.is_some() { 3 } else { 2 }, 0, 0, 0]);
    chunk(&mut png, *b"IHDR", &head);
    let (bytes, each) = match indexed {
        Some((palette, places)) => {
            chunk(&mut png, *b"PLTE", &palette.concat());
            (places, 1)
        }
        None => (canvas.pixels.concat(), 3),
    };
    // Each row begins with its filter: none.
    let mut rows = Vec::with_capacity(bytes.len() + canvas.height);
    for row in bytes.chunks((canvas.width * each).max(1)) {
        rows.push(0);
        rows.extend(row);
    }
    chunk(&mut png, *b"IDAT", &miniz_oxide::deflate::compress_to_vec_zlib(&rows, LEVEL));
    chunk(&mut png, *b"IEND", &[]);
    png
}

/// The colors, and for each pixel where its own stands among them; `None` when they are too many.
fn indexed(canvas: &Canvas) -> Option<(Vec<Color>, Vec<u8>)> {
    let (mut known, mut palette) = (BTreeMap::new(), Vec::new());
    let mut places = Vec::with_capacity(canvas.pixels.len());
    let mut last = None;
    for color in &canvas.pixels {
        // Neighbours are mostly alike.
        if let Some((before, place)) = last
            && before == color
        {
            places.push(place);
            continue;
        }
        let next = u8::try_from(palette.len());
        let place = match known.get(color) {
            Some(place) => *place,
            None => next.ok()?,
        };
        if known.insert(*color, place).is_none() {
            palette.push(*color);
        }
        last = Some((color, place));
        places.push(place);
    }
    Some((palette, places))
}

fn chunk(png: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    png.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    let from = png.len();
    png.extend(name);
    png.extend(data);
    let sum = crc(&png[from..]);
    png.extend(sum.to_be_bytes());
}

/// CRC-32, as PNG's annex D has it.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        let sum = sum ^ u32::from(*byte);
        (0..8).fold(sum, |sum, _| if sum & 1 == 1 { 0xedb8_8320 ^ (sum >> 1) } else { sum >> 1 })
    })
}
