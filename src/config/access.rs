//! How a server of somebody else's is reached: through which proxy, whose certificates are taken there, and what golive
//! shows of itself.

use std::collections::BTreeMap;
use std::path::PathBuf;

use toml::Value;

use super::proxy::Usual;
use super::table::Section;
use super::{Proxy, Secret, headers, proxy, secret, tls};

/// Headers that hold what nobody else is to know.
const SECRETS: [&str; 3] = ["authorization", "proxy-authorization", "cookie"];

/// Whether a header of that name holds what nobody else is to know.
pub fn is_secret_header(name: &str) -> bool {
    SECRETS.contains(&name.to_ascii_lowercase().as_str())
}

/// How a server is reached.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Access {
    /// Through this, if not directly.
    pub proxy: Option<Proxy>,
    /// A PEM file of the authorities that its certificate may come from, or of that certificate, instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// What golive shows of itself in TLS.
    pub certificate: Option<ClientCertificate>,
    /// What golive shows of itself in HTTP.
    pub login: Option<HttpLogin>,
    /// Sent with each request: a tenant, say.
    pub headers: BTreeMap<String, String>,
    /// More of them, secret: a file of lines `Name: value`.
    pub headers_file: Option<Secret>,
}

/// The certificate of a client, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate, and those that lead to an authority.
    pub cert_file: PathBuf,
    /// Its key.
    pub key: Secret,
}

/// An `Authorization` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpLogin {
    /// Basic (RFC 7617).
    Basic {
        /// As whom.
        username: String,
        /// With what.
        password: Secret,
    },
    /// Bearer (RFC 6750).
    Bearer(Secret),
}

/// The keys of headers, which are not everywhere the same.
pub(super) struct Keys {
    pub(super) headers: &'static str,
    pub(super) headers_file: &'static str,
}

pub(super) const PROMETHEUS: Keys = Keys { headers: "headers", headers_file: "headers-file" };
pub(super) const WEBHOOK: Keys = Keys { headers: "send-headers", headers_file: "send-headers-file" };

/// All of it; a proxy that is not said here is the usual one.
pub(super) fn read(section: &mut Section<'_>, keys: &Keys, usual: Usual<'_>) -> Access {
    Access {
        proxy: proxy::read(section, usual),
        ca_file: tls::ca_file(section),
        certificate: certificate(section),
        login: login(section),
        headers: section.pairs(keys.headers, headers::HINT, |name, value| header(keys, name, value)),
        headers_file: secret::named(section, keys.headers_file, ""),
    }
}

fn login(section: &mut Section<'_>) -> Option<HttpLogin> {
    let username = section.string("username");
    let password = secret::named(section, "password-file", "password");
    let bearer = secret::named(section, "bearer-token-file", "bearer-token");
    let has_password = section.has("password-file") || section.has("password");
    if section.has("username") != has_password {
        let hint = "give both `username` and `password-file`, or neither";
        section.missing("has only one of `username` and `password-file`", hint);
    } else if has_password && section.has("bearer-token-file") {
        let message = "is a second way to log in beside `username`";
        section.wrong_key(&["bearer-token-file"], message, "keep one of them");
    }
    let basic = username.zip(password).map(|(username, password)| HttpLogin::Basic { username, password });
    basic.or(bearer.map(HttpLogin::Bearer))
}

fn certificate(section: &mut Section<'_>) -> Option<ClientCertificate> {
    let cert_file = tls::file(section, "cert-file");
    let key = secret::named(section, "key-file", "key");
    if section.has("cert-file") != section.has("key-file") {
        let hint = "give both `cert-file` and `key-file`, or neither";
        section.missing("has only one of `cert-file` and `key-file`", hint);
    }
    Some(ClientCertificate { cert_file: cert_file?, key: key? })
}

fn header(keys: &Keys, name: &str, value: &Value) -> Result<String, String> {
    if is_secret_header(name) {
        let file = keys.headers_file;
        return Err(format!("is a secret, which does not belong in here: put it into `{file}`"));
    }
    headers::value(name, value)
}
