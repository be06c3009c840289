//! The connection to Prometheus: TLS, and who golive says that it is.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prometheus_http_query::Client;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use reqwest::{Certificate, Url};

use crate::config::{self, Secret};
use crate::probe::http::{builder, without_tls};
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
            ca_file: config.ca_file.clone(),
            resolver: resolver.clone(),
            http: Mutex::new(None),
        }
    }

    /// A client, and the header that a bearer token is sent in. Secrets are read anew each time.
    pub(super) fn client(&self) -> Result<(Client, Option<Header>), String> {
        let mut url = Url::parse(&self.url).map_err(|error| format!("its URL {error}"))?;
        let http = self.http(&url)?;
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        if let Some(username) = &self.username {
            let password = self.password.as_ref().map(read).transpose()?;
            let set = url.set_username(username).and_then(|()| url.set_password(password.as_deref()));
            set.map_err(|()| "its URL cannot carry a user name".to_owned())?;
        }
        let header = match &self.bearer {
            Some(token) => {
                let value = HeaderValue::from_str(&format!("Bearer {}", read(token)?));
                let mut value = value.map_err(|_| "the bearer token cannot be sent".to_owned())?;
                value.set_sensitive(true);
                Some((AUTHORIZATION, value))
            }
            None => None,
        };
        let client = Client::from(http, url.as_str()).map_err(|error| quote(&error.to_string()))?;
        Ok((client, header))
    }

    /// An answer without what golive logs in with, which a proxy's error page may repeat.
    pub(super) fn redact(&self, body: Vec<u8>) -> Vec<u8> {
        let read = |secret: &Option<Secret>| secret.as_ref().and_then(|secret| read(secret).ok());
        let password = read(&self.password);
        let login = password.as_ref().map(|password| {
            STANDARD.encode(format!("{}:{password}", self.username.as_deref().unwrap_or_default()))
        });
        let secrets = [read(&self.bearer), login, password].into_iter().flatten();
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
            Some(file) => {
                let wrong =
                    |why: String| format!("failed to read the certificates in {}: {why}", file.display());
                let pem = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
                let all = Certificate::from_pem_bundle(&pem).map_err(|error| wrong(error.to_string()))?;
                if all.is_empty() {
                    return Err(wrong("there are none".to_owned()));
                }
                builder.tls_certs_only(all)
            }
        };
        let http = builder.build().map_err(|error| format!("failed to make a client: {error}"))?;
        Ok(made.insert(http).clone())
    }
}

fn read(secret: &Secret) -> Result<String, String> {
    secret.read().map_err(|error| {
        let why = std::error::Error::source(&error).map(|source| format!(": {source}"));
        format!("failed to {error}{}", why.unwrap_or_default())
    })
}
