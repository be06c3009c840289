use miniz_oxide::deflate::{compress_to_vec, compress_to_vec_zlib};

use super::*;

/// A gzip file with these flags and what they promise between head and data.
fn packed(flags: u8, between: &[u8], text: &str) -> Vec<u8> {
    let mut file = vec![0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3];
    file.extend(between);
    file.extend(compress_to_vec(text.as_bytes(), 6));
    file.extend([0; 8]);
    file
}

#[test]
fn what_is_packed_is_unpacked() {
    let text = "up 1\n".repeat(1000);
    let everything = [&[3, 0, 1, 2, 3][..], b"metrics.txt\0why not\0", &[9, 9]].concat();
    for (flags, between) in [(0, &[][..]), (0x08, b"metrics.txt\0"), (0x1e, &everything)] {
        let file = packed(flags, between, &text);
        for encoding in ["gzip", "x-gzip", " GZIP ", "", "identity"] {
            assert_eq!(unpacked(encoding, file.clone(), 5000).as_deref(), Ok(text.as_bytes()), "{flags}");
        }
    }
    for body in [compress_to_vec_zlib(text.as_bytes(), 6), compress_to_vec(text.as_bytes(), 6)] {
        assert_eq!(unpacked("deflate", body, 5000).as_deref(), Ok(text.as_bytes()));
    }
    assert_eq!(unpacked("", b"up 1".to_vec(), 2).as_deref(), Ok(&b"up 1"[..]));
    assert_eq!(unpacked("br", Vec::new(), 2).as_deref(), Ok(&b""[..]), "nothing can be packed in any way");
}

#[test]
fn what_cannot_be_unpacked_is_told_apart() {
    assert_eq!(unpacked("br", b"x".to_vec(), 9), Err(Packed::Unknown("br".to_owned())));
    assert_eq!(unpacked("gzip", b"up 1".to_vec(), 9), Err(Packed::Broken));
    let bomb = packed(0, &[], &"0".repeat(1_000_000));
    assert!(matches!(unpacked("gzip", bomb, 100), Err(Packed::TooLong(start)) if start.len() <= 100));
    let whole = packed(0x1e, b"\x03\x00abcname\0comment\0xx", "up 1");
    for length in 1..whole.len() - 8 {
        assert_eq!(unpacked("gzip", whole[..length].to_vec(), 99), Err(Packed::Broken), "{length}");
    }
}

#[test]
fn text_is_read_in_every_usual_encoding() {
    assert_eq!(text("grün".as_bytes()), "grün");
    assert_eq!(text(b"\xef\xbb\xbfgr\xc3\xbcn"), "grün");
    assert_eq!(text(b"gr\xfcn"), "grün");
    assert_eq!(text(b"\xff\xfeg\0r\0\xfc\0n\0"), "grün");
    assert_eq!(text(b"\xfe\xff\0g\0r\0\xfc\0n"), "grün");
    assert_eq!(text(b"\xff\xfe\0\xd8x"), "\u{fffd}", "half of a pair, and half of a letter");
    assert_eq!(text(b""), "");
}
