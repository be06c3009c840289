//! Addresses of what speaks HTTP.

/// Whether a text is the URL of something that speaks HTTP. The text itself may hold secrets and is not repeated.
pub(super) fn is_url(text: &str) -> Result<(), String> {
    match reqwest::Url::parse(text) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            Err(format!("\"{}\" is not http or https", url.scheme()))
        }
        Ok(url) if url.host_str().is_none_or(str::is_empty) => Err("has no host".to_owned()),
        Ok(url) if url.port() == Some(0) => Err("has no port that can be reached".to_owned()),
        Ok(_) => Ok(()),
        Err(error) => Err(format!("is not a URL: {error}")),
    }
}
