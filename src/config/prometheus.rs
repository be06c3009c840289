//! `[prometheus]`

use std::path::PathBuf;
use std::time::Duration;

use super::checks::is_url;
use super::table::Section;
use super::{Prometheus, secret};

/// The Prometheus that is asked; `None` when it cannot be made sense of, which is told.
pub(super) fn read(mut section: Section<'_>) -> Option<Prometheus> {
    let url = section.string("url");
    if let Some(Err(why)) = url.as_deref().map(|url| is_url(url).and_then(|()| is_base(url))) {
        section.wrong("url", why, "write \"http://127.0.0.1:9090\", with a path if it is behind one");
    }
    let timeout = section.duration_within("timeout", Duration::from_secs(5), ("100ms", "1m"));
    let username = section.string("username");
    let password = secret::named(&mut section, "password-file", "password");
    let bearer = secret::named(&mut section, "bearer-token-file", "bearer-token");
    let has_password = section.has("password-file") || section.has("password");
    if section.has("username") != has_password {
        let hint = "give both `username` and `password-file`, or neither";
        section.missing("has only one of `username` and `password-file`", hint);
    } else if has_password && section.has("bearer-token-file") {
        let message = "is a second way to log in beside `username`";
        section.wrong_key(&["bearer-token-file"], message, "keep one of them");
    }
    let ca_file = ca_file(&mut section);
    section.required(&["url"], "add url = \"http://127.0.0.1:9090\"");
    section.end(&[]);
    Some(Prometheus { url: url?, timeout, username, password, bearer, ca_file })
}

/// Whether the API's paths can be put behind a URL. The text itself may hold a password and is not repeated.
fn is_base(url: &str) -> Result<(), String> {
    let Ok(url) = reqwest::Url::parse(url) else { return Ok(()) };
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user or a password: write `username` and `password-file`".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has more than a host, a port and a path".to_owned());
    }
    Ok(())
}

fn ca_file(section: &mut Section<'_>) -> Option<PathBuf> {
    let path = section.string("ca-file")?;
    let path = section.beside(&path);
    match std::fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => section.wrong("ca-file", "is not a file", "write the path of a PEM file"),
        Err(error) => {
            section.wrong("ca-file", format!("cannot be read: {error}"), "write the path of a PEM file");
        }
    }
    Some(path)
}
