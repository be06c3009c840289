//! Requests to the servers of others: Prometheus, webhooks, the outside watcher. Through which proxy they go, whom they
//! believe, and what they show of golive.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, ClientBuilder, Url};
use rustls::RootCertStore;

use crate::config::{Access, HttpLogin, Proxy, Secret};

pub(crate) mod tls;

/// One way out, over kept connections.
#[derive(Debug)]
pub(crate) struct Outlet {
    access: Access,
    /// Made by the first request: its files may come later, and without TLS no authorities are needed.
    made: Mutex<Option<Made>>,
}

#[derive(Debug)]
struct Made {
    client: Client,
    secure: bool,
    /// When each file was written that it was made from: certificates are renewed.
    written: Vec<Option<SystemTime>>,
}

impl Outlet {
    pub(crate) fn new(access: Access) -> Self {
        Self { access, made: Mutex::new(None) }
    }

    /// The client for a URL, from a builder that says all the rest. What went wrong is readable after "failed to".
    pub(crate) fn client(
        &self,
        url: &Url,
        builder: impl FnOnce() -> ClientBuilder,
    ) -> Result<Client, String> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let proxy = self.access.proxy.as_ref().filter(|proxy| proxy.url.starts_with("https:"));
        let (secure, written) = (url.scheme() == "https" || proxy.is_some(), self.written());
        if let Some(made) = made.as_ref().filter(|made| made.secure >= secure && made.written == written) {
            return Ok(made.client.clone());
        }
        let builder = if secure {
            let (ca_file, shown) = (self.access.ca_file.as_deref(), self.access.certificate.as_ref());
            builder().tls_backend_preconfigured(tls::client(ca_file, shown)?)
        } else {
            without_tls(builder())
        };
        let builder = match &self.access.proxy {
            Some(proxy) => builder.proxy(through(proxy)?),
            None => builder.no_proxy(),
        };
        let client = builder.build().map_err(|error| format!("make an HTTP client: {error}"))?;
        Ok(made.insert(Made { client, secure, written }).client.clone())
    }

    /// What is sent with each request. Secrets are read anew each time: they are rotated.
    pub(crate) fn headers(&self) -> Result<HeaderMap, String> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.access.headers {
            let (name, value) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value));
            headers.extend(name.ok().zip(value.ok()).map(|(name, value)| (Some(name), value)));
        }
        if let Some(login) = &self.access.login {
            let value = HeaderValue::from_str(&authorization(login)?);
            headers.insert(AUTHORIZATION, value.map_err(|_| "send what it logs in with".to_owned())?);
        }
        let lines = self.access.headers_file.as_ref().map(read).transpose()?.unwrap_or_default();
        for (number, (name, value)) in lines_of(&lines) {
            let name = HeaderName::from_bytes(name.as_bytes()).ok();
            let (name, value) = name
                .zip(HeaderValue::from_str(value).ok())
                .ok_or_else(|| format!("send line {number} of its file of headers: write \"NAME: VALUE\""))?;
            headers.append(name, value);
        }
        for value in headers.values_mut() {
            value.set_sensitive(true);
        }
        Ok(headers)
    }

    /// An answer without what golive shows of itself, which an error page may repeat.
    pub(crate) fn redact(&self, body: Vec<u8>) -> Vec<u8> {
        let mut secrets = Vec::new();
        match &self.access.login {
            Some(HttpLogin::Basic { username, password }) => {
                let password = read(password).unwrap_or_default();
                secrets.extend([STANDARD.encode(format!("{username}:{password}")), password]);
            }
            Some(HttpLogin::Bearer(token)) => secrets.extend(read(token)),
            None => {}
        }
        let lines = self.access.headers_file.as_ref().and_then(|file| read(file).ok()).unwrap_or_default();
        secrets.extend(lines_of(&lines).map(|(_, (_, value))| value.to_owned()));
        secrets.into_iter().filter(|secret| !secret.is_empty()).fold(body, |body, secret| {
            let repeats = body.windows(secret.len()).any(|part| part == secret.as_bytes());
            if repeats { String::from_utf8_lossy(&body).replace(&secret, "[…]").into_bytes() } else { body }
        })
    }

    /// The proxy that leads to a URL.
    pub(crate) fn proxy(&self, url: &Url) -> Option<&Proxy> {
        self.access.proxy.as_ref().filter(|proxy| proxy.serves(url.host_str().unwrap_or_default()))
    }

    fn written(&self) -> Vec<Option<SystemTime>> {
        let written = |file: &Path| file.metadata().ok()?.modified().ok();
        let mut all = Vec::new();
        all.extend(self.access.ca_file.as_deref().map(written));
        if let Some(shown) = &self.access.certificate {
            all.extend([written(&shown.cert_file), written(&shown.key.path())]);
        }
        let login = self.access.proxy.as_ref().and_then(|proxy| proxy.login.as_ref());
        all.extend(login.map(|(_, password)| written(&password.path())));
        all
    }
}

fn through(proxy: &Proxy) -> Result<reqwest::Proxy, String> {
    let address = Url::parse(&proxy.url).map_err(|error| format!("use the proxy: its URL {error}"))?;
    let serves = proxy.clone();
    let way = reqwest::Proxy::custom(move |url| {
        serves.serves(url.host_str().unwrap_or_default()).then(|| address.clone())
    });
    let Some((username, password)) = &proxy.login else { return Ok(way) };
    Ok(way.basic_auth(username, &read(password)?))
}

fn authorization(login: &HttpLogin) -> Result<String, String> {
    Ok(match login {
        HttpLogin::Basic { username, password } => {
            format!("Basic {}", STANDARD.encode(format!("{username}:{}", read(password)?)))
        }
        HttpLogin::Bearer(token) => format!("Bearer {}", read(token)?),
    })
}

/// For `http:` alone: it believes nobody, and as redirects are off, it never speaks TLS.
pub(crate) fn without_tls(builder: ClientBuilder) -> ClientBuilder {
    match tls::of(RootCertStore::empty()) {
        Ok(tls) => builder.tls_backend_preconfigured(tls),
        Err(_) => builder,
    }
}

/// The headers in a file, each in a line, with the lines' numbers.
fn lines_of(text: &str) -> impl Iterator<Item = (usize, (&str, &str))> {
    let lines = (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.is_empty());
    lines.map(|(number, line)| {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        (number, (if value.is_empty() { "" } else { name.trim() }, value.trim()))
    })
}

fn read(secret: &Secret) -> Result<String, String> {
    secret.read().map_err(|error| {
        let why = std::error::Error::source(&error).map(|source| format!(": {source}"));
        format!("{error}{}", why.unwrap_or_default())
    })
}

#[cfg(test)]
mod tests;
