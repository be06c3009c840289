use std::process::Command;

use super::*;

/// Of RFC 8032, section 7.1, the first test.
const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const PUBLIC_KEY: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

fn signer() -> Signer {
    Signer::new(&hex::decode(SEED).unwrap().try_into().unwrap())
}

#[test]
fn what_is_signed_is_the_encoding_of_dsse() {
    let text = String::from_utf8(pae(b"{\"a\": \"\xc3\xbc\"}")).unwrap();
    assert_eq!(text, "DSSEv1 28 application/vnd.in-toto+json 11 {\"a\": \"\u{fc}\"}", "lengths are in bytes");
    assert_eq!(pae(b""), b"DSSEv1 28 application/vnd.in-toto+json 0 ");
}

#[test]
fn a_key_is_that_of_its_seed_and_comes_back_from_its_file() {
    let seed = hex::decode(SEED).unwrap().try_into().unwrap();
    assert_eq!(signer().public().hex(), PUBLIC_KEY);
    let read = Signer::read(&Signer::pem(&seed)).unwrap();
    assert_eq!(read.public(), signer().public());
    assert_eq!(Public::from_hex(PUBLIC_KEY), Some(signer().public()));
    for wrong in ["", "d7", &PUBLIC_KEY[2..], &format!("{PUBLIC_KEY}00"), &PUBLIC_KEY.replace('d', "g")] {
        assert_eq!(Public::from_hex(wrong), None, "{wrong}");
    }
}

#[test]
fn what_is_no_key_is_refused_with_a_reason() {
    let seed = hex::decode(SEED).unwrap().try_into().unwrap();
    let pem = Signer::pem(&seed);
    for (text, why) in [
        (String::new(), "it is no private key in PEM"),
        (pem[..40].to_owned(), "it is no private key in PEM"),
        (signer().public().pem(), "it is no private key in PEM"),
        (pem.replace("MC4C", "M!4C"), "its base64 is broken"),
        (pem.replace("MC4C", "MC5C"), "it is no Ed25519 key"),
    ] {
        assert_eq!(Signer::read(&text).err(), Some(why), "{text}");
    }
}

#[test]
fn a_signature_holds_for_its_bytes_and_its_key_alone() {
    let (signer, payload) = (signer(), b"{\"a\": 1}");
    let signature = signer.sign(payload);
    assert!(signer.public().verify(payload, &signature));
    assert!(!signer.public().verify(b"{\"a\": 2}", &signature));
    assert!(!signer.public().verify(b"{\"a\":1}", &signature), "the same in other bytes is something else");
    assert!(!signer.public().verify(payload, &signature[1..]));
    assert!(!signer.public().verify(payload, &[]));
    assert!(!Signer::new(&[7; 32]).public().verify(payload, &signature));
}

/// Whoever does not trust golive checks with what every host has.
#[test]
fn openssl_verifies_a_signature_and_refuses_a_changed_byte() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let (signer, payload) = (signer(), b"{\"_type\": \"https://in-toto.io/Statement/v1\"}");
    let key = file("key.pem", signer.public().pem().as_bytes());
    let signature = file("signature", &signer.sign(payload));
    let verified = |signed: &[u8]| {
        let signed = file("signed", signed);
        let mut openssl = Command::new("openssl");
        openssl.args(["pkeyutl", "-verify", "-pubin", "-rawin", "-inkey"]).arg(&key);
        openssl.arg("-in").arg(signed).arg("-sigfile").arg(&signature);
        openssl.output().unwrap().status.success()
    };
    assert!(verified(&pae(payload)));
    assert!(!verified(&pae(&payload[1..])));
    let der = Command::new("openssl").args(["pkey", "-pubin", "-outform", "DER", "-in"]).arg(&key).output();
    assert_eq!(
        signer.public().id(),
        hex::encode(sha256(&[&der.unwrap().stdout])),
        "a key is named by its DER"
    );
    let private = file("private.pem", Signer::pem(&[7; 32]).as_bytes());
    let derived = Command::new("openssl").args(["pkey", "-pubout", "-in"]).arg(private).output().unwrap();
    assert_eq!(String::from_utf8(derived.stdout).unwrap(), Signer::new(&[7; 32]).public().pem());
}
