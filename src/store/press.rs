//! Text made small, for what is read seldom.

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

/// The slowest and smallest that is still worth its time.
const LEVEL: u8 = 9;

/// More than that is read as damaged: nothing that was written is that long.
const LONGEST: usize = 256 << 20;

pub(super) fn pack(text: &str) -> Vec<u8> {
    compress_to_vec(text.as_bytes(), LEVEL)
}

pub(super) fn unpack(bytes: &[u8]) -> Result<String, String> {
    let text = decompress_to_vec_with_limit(bytes, LONGEST).map_err(|error| error.to_string())?;
    String::from_utf8(text).map_err(|error| error.to_string())
}
