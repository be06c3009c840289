//! Masks secrets in a text before any line of it is shown.

/// A value whose key ends so is a secret; `password-file` only says where it is.
const SECRET: [&str; 8] =
    ["password", "passwd", "passphrase", "secret", "token", "api-key", "routing-key", "authorization"];

/// A part of a URL's path as long as this, with a digit in it, may be what lets one in.
const LONG: usize = 16;

/// A value in a URL's query as long as this may be, whatever it looks like.
const VALUE: usize = 6;

/// The text with its secrets blotted out, every byte at its place. Works on text that is not TOML too, because the
/// mistake may be a missing quote right there.
pub(super) fn mask(text: &str) -> String {
    let mut bytes = text.as_bytes().to_owned();
    let mut at = 0;
    while at < bytes.len() {
        let key_end = at + bytes[at..].iter().take_while(|byte| is_key(**byte)).count();
        if key_end > at && is_secret(&bytes[at..key_end]) {
            at = mask_value(&mut bytes, key_end);
        } else if bytes[at..].starts_with(b"://") {
            at = mask_url(&mut bytes, at + 3);
        } else {
            at = key_end.max(at + 1);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn is_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn is_secret(key: &[u8]) -> bool {
    let key = String::from_utf8_lossy(key).to_ascii_lowercase().replace('_', "-");
    SECRET.iter().any(|secret| key.ends_with(secret))
}

/// Blots out what follows `=` after a key; gives where to go on.
fn mask_value(bytes: &mut [u8], key_end: usize) -> usize {
    let skip = |bytes: &[u8], at: usize, these: &[u8]| {
        at + bytes[at..].iter().take_while(|byte| these.contains(byte)).count()
    };
    let equals = skip(bytes, key_end, b"\"' \t");
    if bytes.get(equals) != Some(&b'=') {
        return key_end;
    }
    let begin = skip(bytes, equals + 1, b" \t");
    let end = begin + value_length(&bytes[begin..]);
    bytes[begin..end].fill(b'*');
    end
}

fn value_length(value: &[u8]) -> usize {
    for quote in [b"\"\"\"".as_slice(), b"'''", b"\"", b"'"] {
        if value.starts_with(quote) {
            return quoted_length(value, quote);
        }
    }
    let ends: &[u8] = if value.starts_with(b"[") || value.starts_with(b"{") { b"\r\n" } else { b"\r\n,}" };
    value.iter().position(|byte| ends.contains(byte)).unwrap_or(value.len())
}

/// Up to the closing quote; without one, up to the end of the line, or of the text for a long string.
fn quoted_length(value: &[u8], quote: &[u8]) -> usize {
    let mut at = quote.len();
    while at < value.len() {
        if value[at] == b'\\' && quote[0] == b'"' {
            at += 2;
        } else if value[at..].starts_with(quote) {
            return at + quote.len();
        } else if quote.len() == 1 && value[at] == b'\n' {
            return at;
        } else {
            at += 1;
        }
    }
    value.len()
}

/// Blots out what may be a secret in a URL: user and password, values in the query, long
/// parts of the path; gives where to go on.
fn mask_url(bytes: &mut [u8], begin: usize) -> usize {
    let length =
        |rest: &[u8], ends: &[u8]| rest.iter().position(|byte| ends.contains(byte)).unwrap_or(rest.len());
    let end = begin + length(&bytes[begin..], b"\"' \t\r\n");
    let authority = begin + length(&bytes[begin..end], b"/");
    let mut at = begin;
    if let Some(user) = bytes[begin..authority].iter().rposition(|byte| *byte == b'@') {
        bytes[begin..begin + user].fill(b'*');
        at += user;
    }
    at += length(&bytes[at..end], b"/?#");
    while at < end {
        let least = if bytes[at] == b'=' { VALUE } else { LONG };
        let part = at + 1..at + 1 + length(&bytes[at + 1..end], b"/?#&=");
        let long = part.len() >= least;
        if long && (least == VALUE || bytes[part.clone()].iter().any(u8::is_ascii_digit)) {
            bytes[part.clone()].fill(b'*');
        }
        at = part.end;
    }
    begin
}
