//! The ids that the engine gives.

/// Whether it is what the engine calls containers, images without their `sha256:`, and volumes without a name.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// The first 12 digits of an id, as `docker ps` shows it; anything else as it is.
pub(crate) fn short(id: &str) -> &str {
    let digits = id.strip_prefix("sha256:").unwrap_or(id);
    if is_id(digits) { &digits[..12] } else { id }
}
