//! Bodies as they come, whatever was asked for: packed, with a byte order mark, in another encoding than UTF-8.

use std::borrow::Cow;

use miniz_oxide::inflate::{
    DecompressError, TINFLStatus, decompress_to_vec_with_limit, decompress_to_vec_zlib_with_limit,
};

use super::seen::quote;

/// Unpacks a body that is packed as its `Content-Encoding` says, or as it begins, to `most` bytes at most.
pub(super) fn unpacked(encoding: &str, body: Vec<u8>, most: usize) -> Result<Vec<u8>, Packed> {
    let unpacked = match encoding.trim().to_ascii_lowercase().as_str() {
        _ if body.is_empty() => return Ok(body),
        "gzip" | "x-gzip" => gzip(&body, most),
        "" | "identity" if body.starts_with(&GZIP) => gzip(&body, most),
        "" | "identity" => return Ok(body),
        // Some send it without the frame that the standard asks for.
        "deflate" => decompress_to_vec_zlib_with_limit(&body, most)
            .or_else(|_| decompress_to_vec_with_limit(&body, most)),
        other => return Err(Packed::Unknown(quote(other))),
    };
    unpacked.map_err(|error| {
        let long = error.status == TINFLStatus::HasMoreOutput;
        if long { Packed::TooLong(error.output) } else { Packed::Broken }
    })
}

/// A body that cannot be unpacked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Packed {
    /// Its beginning.
    #[error("the body is longer than is read")]
    TooLong(Vec<u8>),
    #[error("the body cannot be unpacked")]
    Broken,
    #[error("the body is packed as {0}, which golive neither asked for nor knows")]
    Unknown(String),
}

const GZIP: [u8; 3] = [0x1f, 0x8b, 8];

/// One member of a gzip file (RFC 1952), without its checksum: what was sent wrong is no text.
fn gzip(body: &[u8], most: usize) -> Result<Vec<u8>, DecompressError> {
    let broken = || DecompressError { status: TINFLStatus::Failed, output: Vec::new() };
    let flags = *body.strip_prefix(&GZIP).and_then(<[u8]>::first).ok_or_else(broken)?;
    let mut rest = body.get(10..).ok_or_else(broken)?;
    if flags & 0x04 != 0 {
        let length = rest.get(..2).ok_or_else(broken)?;
        rest = rest.get(2 + usize::from(u16::from_le_bytes([length[0], length[1]]))..).ok_or_else(broken)?;
    }
    for _ in 0..(flags >> 3 & 1) + (flags >> 4 & 1) {
        let end = rest.iter().position(|byte| *byte == 0).ok_or_else(broken)?;
        rest = &rest[end + 1..];
    }
    if flags & 0x02 != 0 {
        rest = rest.get(2..).ok_or_else(broken)?;
    }
    decompress_to_vec_with_limit(rest, most)
}

/// A body as text: UTF-8, UTF-16 where its byte order mark says so, else ISO-8859-1, in which every byte is a letter.
pub(super) fn text(body: &[u8]) -> Cow<'_, str> {
    match body {
        [0xef, 0xbb, 0xbf, body @ ..] => plain(body),
        [0xff, 0xfe, body @ ..] => wide(body, u16::from_le_bytes),
        [0xfe, 0xff, body @ ..] => wide(body, u16::from_be_bytes),
        body => plain(body),
    }
}

fn plain(body: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(body.iter().copied().map(char::from).collect()),
    }
}

fn wide(body: &[u8], unit: fn([u8; 2]) -> u16) -> Cow<'_, str> {
    let units = body.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    Cow::Owned(char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

#[cfg(test)]
mod tests;
