//! The connection to Prometheus: TLS, and who golive says that it is.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prometheus_http_query::Client;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};

use crate::config::{self, Secret};
use crate::probe::http::{builder, tls, without_tls};
use crate::probe::resolve::Resolver;
use crate::probe::seen::quote;

/// So many of a step's queries find a kept connection.
const IDLE_PER_HOST: usize = 8;

pub(super) type Header = (HeaderName, HeaderValue);

#[derive(Debug)]
pub(super) struct Connection {
    url: String,
    username: Option<String>,
    password: Option<Secret>,
    bearer: Option<Secret>,
    headers: BTreeMap<String, String>,
    headers_file: Option<Secret>,
    ca_file: Option<PathBuf>,
    resolver: Resolver,
    /// Made by the first query: the file of authorities may come later, and without TLS none are needed.
    http: Mutex<Option<reqwest::Client>>,
}

impl Connection {
    pub(super) fn new(config: &config::Prometheus, resolver: &Resolver) -> Self {
        Self {
            url: config.url.clone(),
            username: config.username.clone(),
            password: config.password.clone(),
            bearer: config.bearer.clone(),
            headers: config.headers.clone(),
            headers_file: config.headers_file.clone(),
            ca_file: config.ca_file.clone(),
            resolver: resolver.clone(),
            http: Mutex::new(None),
        }
    }

    /// A client, and the headers that are sent with each query. Secrets are read anew each time.
    pub(super) fn client(&self) -> Result<(Client, Vec<Header>), String> {
        let mut url = Url::parse(&self.url).map_err(|error| format!("its URL {error}"))?;
        let http = self.http(&url)?;
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        if let Some(username) = &self.username {
            let password = self.password.as_ref().map(read).transpose()?;
            let set = url.set_username(username).and_then(|()| url.set_password(password.as_deref()));
            set.map_err(|()| "its URL cannot carry a user name".to_owned())?;
        }
        let client = Client::from(http, url.as_str()).map_err(|error| quote(&error.to_string()))?;
        Ok((client, self.headers()?))
    }

    fn headers(&self) -> Result<Vec<Header>, String> {
        let mut headers = Vec::new();
        for (name, value) in &self.headers {
            headers
                .extend(HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_str(value).ok()));
        }
        if let Some(token) = &self.bearer {
            let value = HeaderValue::from_str(&format!("Bearer {}", read(token)?));
            headers.push((AUTHORIZATION, value.map_err(|_| "the bearer token cannot be sent".to_owned())?));
        }
        let lines = self.headers_file.as_ref().map(read).transpose()?.unwrap_or_default();
        for (number, (name, value)) in lines_of(&lines) {
            let name = HeaderName::from_bytes(name.as_bytes()).ok();
            let header = name.zip(HeaderValue::from_str(value).ok());
            headers.push(header.ok_or_else(|| {
                format!("line {number} of `headers-file` is no header: write \"NAME: VALUE\"")
            })?);
        }
        for (_, value) in &mut headers {
            value.set_sensitive(true);
        }
        Ok(headers)
    }

    /// An answer without what golive logs in with, which a proxy's error page may repeat.
    pub(super) fn redact(&self, body: Vec<u8>) -> Vec<u8> {
        let read = |secret: &Option<Secret>| secret.as_ref().and_then(|secret| read(secret).ok());
        let password = read(&self.password);
        let login = password.as_ref().map(|password| {
            STANDARD.encode(format!("{}:{password}", self.username.as_deref().unwrap_or_default()))
        });
        let lines = read(&self.headers_file).unwrap_or_default();
        let headers = lines_of(&lines).map(|(_, (_, value))| value.to_owned());
        let secrets = [read(&self.bearer), login, password].into_iter().flatten().chain(headers);
        secrets.filter(|secret| !secret.is_empty()).fold(body, |body, secret| {
            let repeats = body.windows(secret.len()).any(|part| part == secret.as_bytes());
            if repeats { String::from_utf8_lossy(&body).replace(&secret, "[…]").into_bytes() } else { body }
        })
    }

    fn http(&self, url: &Url) -> Result<reqwest::Client, String> {
        let mut made = self.http.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(http) = &*made {
            return Ok(http.clone());
        }
        let builder = builder(&self.resolver).pool_max_idle_per_host(IDLE_PER_HOST);
        let builder = match &self.ca_file {
            _ if url.scheme() != "https" => without_tls(builder),
            None => builder,
            Some(file) => builder.tls_backend_preconfigured(tls::trusting(file)?),
        };
        let http = builder.build().map_err(|error| format!("failed to make a client: {error}"))?;
        Ok(made.insert(http).clone())
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
        format!("failed to {error}{}", why.unwrap_or_default())
    })
}
