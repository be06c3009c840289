//! Headers of a request.

use toml::Value;

pub(super) const HINT: &str = "write { name = \"value\" }";

/// The value of one of them, if it can be sent.
pub(super) fn value(name: &str, value: &Value) -> Result<String, String> {
    let value = value.as_str().ok_or("is not a text")?;
    reqwest::header::HeaderName::from_bytes(name.as_bytes()).map_err(|_| "is not the name of a header")?;
    reqwest::header::HeaderValue::from_str(value).map_err(|_| "cannot be the value of a header")?;
    Ok(value.to_owned())
}
