//! What each request is, and where it goes.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Method, Request, Uri};
use reqwest::Url;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;

use super::Spec;
use crate::outbound::tls;

/// The same for all requests of a run.
pub(super) struct Target {
    pub(super) addresses: Vec<SocketAddr>,
    /// How it is spoken to, and who it is then; `None` without TLS.
    pub(super) tls: Option<(TlsConnector, ServerName<'static>)>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    status: Vec<u16>,
}

impl Target {
    /// What is wrong with it is readable after "failed to".
    pub(super) fn new(spec: &Spec) -> Result<Self, String> {
        let url = Url::parse(&spec.url).map_err(|error| format!("read the address: {error}"))?;
        let host = url.host_str().ok_or_else(|| "find a host in the address".to_owned())?;
        let port = url.port_or_known_default().ok_or_else(|| "find a port in the address".to_owned())?;
        let tls = match url.scheme() {
            "https" => {
                let believed = tls::client(spec.ca_file.as_deref(), None)?;
                let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned());
                let name = name.map_err(|_| format!("take {host} for the name of a server"))?;
                Some((TlsConnector::from(Arc::new(believed)), name))
            }
            _ => None,
        };
        let path =
            url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let uri = path.parse().map_err(|error| format!("read the path of the address: {error}"))?;
        let method = Method::from_bytes(spec.method.as_bytes())
            .map_err(|_| "make a request: the method is none of HTTP".to_owned())?;
        let at = |ip: &IpAddr| SocketAddr::new(*ip, port);
        let (addresses, headers) = (spec.addresses.iter().map(at).collect(), headers(spec, &url, &method)?);
        Ok(Self { addresses, tls, method, uri, headers, status: spec.status.clone() })
    }

    pub(super) fn request(&self) -> Request<Empty<Bytes>> {
        let mut request = Request::new(Empty::new());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }

    /// Whether the same request may be sent twice (RFC 9110 section 9.2.2).
    pub(super) fn may_repeat(&self) -> bool {
        self.method.is_idempotent()
    }

    pub(super) fn wants(&self, status: u16) -> bool {
        self.status.contains(&status)
    }
}

fn headers(spec: &Spec, url: &Url, method: &Method) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let host = HeaderValue::from_str(&host).map_err(|_| "name the host in a header".to_owned())?;
    headers.insert(HOST, host);
    headers.insert(USER_AGENT, HeaderValue::from_static(super::USER_AGENT));
    // Some servers wait for a body, or refuse (411), where its length is not told.
    if [Method::POST, Method::PUT, Method::PATCH].contains(method) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    for (name, value) in &spec.send_headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok();
        // A value may be a secret, so it is not repeated.
        let value = HeaderValue::from_str(value).ok();
        let (name, value) = name.zip(value).ok_or_else(|| "send its headers".to_owned())?;
        headers.insert(name, value);
    }
    Ok(headers)
}
