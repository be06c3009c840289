//! Whose certificates are believed, and what is said of one that is not, in the words of who has to mend it.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore,
    SignatureScheme,
};
use rustls_platform_verifier::BuilderVerifierExt as _;

use crate::config::ClientCertificate;

/// TLS that believes the system's authorities, or what the certificates in a PEM file have signed and these
/// certificates themselves. What went wrong is readable after "failed to".
pub(crate) fn client(
    ca_file: Option<&Path>,
    shown: Option<&ClientCertificate>,
) -> Result<ClientConfig, String> {
    let broken = |error: Error| format!("prepare TLS: {error}");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().map_err(broken)?;
    let builder = match ca_file {
        Some(file) => {
            let verifier = Arc::new(Taken::by(file, provider)?);
            builder.dangerous().with_custom_certificate_verifier(verifier)
        }
        None => builder.with_platform_verifier().map_err(broken)?,
    };
    let Some(shown) = shown else { return Ok(builder.with_no_client_auth()) };
    let chain = certificates(&shown.cert_file)?;
    let key = shown.key.path();
    let wrong = |why: String| format!("read the key in {}: {why}", key.display());
    let private = PrivateKeyDer::from_pem_file(&key).map_err(|error| wrong(pem(error)))?;
    builder.with_client_auth_cert(chain, private).map_err(|error| wrong(error.to_string()))
}

/// TLS that believes these authorities alone.
pub(crate) fn of(roots: RootCertStore) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let wrong = |why: String| format!("read the certificates in {}: {why}", file.display());
    let pem = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
    let all: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let all = all.map_err(|_| wrong("it is not a PEM file".to_owned()))?;
    if all.is_empty() { Err(wrong("there are none".to_owned())) } else { Ok(all) }
}

fn pem(error: pem::Error) -> String {
    if let pem::Error::Io(error) = error { error.to_string() } else { "it is none in PEM".to_owned() }
}

/// What the authorities in a file have signed, by the usual rules. They do not let an authority's certificate stand for
/// a server, which a self-signed one made with the defaults of `openssl req -x509` does: whoever names just this
/// certificate means it.
#[derive(Debug)]
struct Taken {
    authorities: Arc<WebPkiServerVerifier>,
    own: Vec<CertificateDer<'static>>,
}

impl Taken {
    fn by(file: &Path, provider: Arc<CryptoProvider>) -> Result<Self, String> {
        let wrong = |why: String| format!("read the certificates in {}: {why}", file.display());
        let own = certificates(file)?;
        let mut roots = RootCertStore::empty();
        if roots.add_parsable_certificates(own.iter().cloned()).0 == 0 {
            return Err(wrong("there are none".to_owned()));
        }
        let authorities = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        let authorities = authorities.build().map_err(|error| wrong(error.to_string()))?;
        Ok(Self { authorities, own })
    }
}

impl ServerCertVerifier for Taken {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let (signed, name) = (&self.authorities, server_name);
        match signed.verify_server_cert(end_entity, intermediates, name, ocsp_response, now) {
            Err(Error::InvalidCertificate(error)) if unsigned(&error) && self.own.contains(end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

/// What went wrong between the two, for who runs the server.
pub(crate) fn words(error: &Error) -> String {
    if let Error::InvalidCertificate(error) = error {
        return format!("its certificate {}", of_certificate(error));
    }
    if let Error::AlertReceived(alert) = error {
        return format!("it refused TLS: {}", of_alert(*alert));
    }
    if matches!(error, Error::InvalidMessage(_)) {
        return "it does not speak TLS here, perhaps http:// is meant".to_owned();
    }
    if matches!(error, Error::PeerIncompatible(_)) {
        return "it knows no version of TLS, or no cipher, that golive knows (TLS 1.2 and 1.3)".to_owned();
    }
    format!("TLS: {error}")
}

/// Nobody who is trusted has signed it. Who only has the same name may have a key of another kind.
fn unsigned(error: &CertificateError) -> bool {
    matches!(
        error,
        CertificateError::UnknownIssuer
            | CertificateError::Other(_)
            | CertificateError::BadSignature
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. }
    )
}

fn of_certificate(error: &CertificateError) -> String {
    if unsigned(error) {
        return "is signed by nobody that this host trusts (is it self-signed?): name it, or who signed it, in `ca-file`"
            .to_owned();
    }
    let at = |time: &UnixTime| {
        let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
    };
    if let CertificateError::ExpiredContext { not_after, .. } = error {
        return format!("has expired at {}", at(not_after));
    }
    if let CertificateError::NotValidYetContext { not_before, .. } = error {
        return format!("is not valid before {}", at(not_before));
    }
    if let CertificateError::NotValidForNameContext { expected, presented } = error {
        let expected = expected.to_str();
        return match presented.as_slice() {
            [] => format!("is for no name at all (it has no subjectAltName), not for {expected}"),
            names => {
                let names: Vec<&str> = names.iter().map(|name| plain(name)).collect();
                format!("is for {}, not for {expected}", names.join(", "))
            }
        };
    }
    if matches!(error, CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. }) {
        return "is not meant for a server".to_owned();
    }
    let said = CERTIFICATES.iter().find(|(of, _)| of == error);
    said.map_or("is of a kind that is not accepted", |(_, said)| said).to_owned()
}

const CERTIFICATES: [(CertificateError, &str); 5] = [
    (CertificateError::Expired, "has expired"),
    (CertificateError::NotValidYet, "is not valid yet"),
    (CertificateError::NotValidForName, "is for another name"),
    (CertificateError::Revoked, "has been revoked"),
    (CertificateError::BadEncoding, "cannot be read"),
];

/// The name in `DnsName("shop.example")`.
fn plain(name: &str) -> &str {
    name.split('"').nth(1).unwrap_or(name)
}

fn of_alert(alert: AlertDescription) -> &'static str {
    ALERTS.iter().find(|(of, _)| *of == alert).map_or("it gave no reason that helps", |(_, said)| said)
}

const ALERTS: [(AlertDescription, &str); 5] = [
    (AlertDescription::CertificateRequired, "it wants a certificate of the client's"),
    (AlertDescription::UnrecognisedName, "it knows nothing of the name that it was asked for"),
    (AlertDescription::ProtocolVersion, "it knows only other versions (golive knows TLS 1.2 and 1.3)"),
    (AlertDescription::HandshakeFailure, "it found no cipher in common, or wants something else of a client"),
    (AlertDescription::AccessDenied, "access denied"),
];
