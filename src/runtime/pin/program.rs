//! The program of a holder that runs. It waits for ever and does nothing else.
//!
//! It has to run in every image, also in one without a shell or a C library. So it is a whole ELF file of its own, a
//! header and one system call over and over, and is put into the holder's own layer before that is started: no path of
//! the host is involved.

/// Where it is put, and what a holder that never runs is said to run: nobody else has such a file.
pub(super) const PATH: &str = "/golive-pause";

/// The machine's number in an ELF header, and the code.
#[cfg(target_arch = "x86_64")]
const MACHINE: Option<(u8, &[u8])> = Some((
    62,
    &[
        0x6a, 0x22, // again: push 34, which is pause
        0x58, //              pop rax
        0x0f, 0x05, //        syscall
        0xeb, 0xf9, //        jmp again
    ],
));

#[cfg(target_arch = "aarch64")]
const MACHINE: Option<(u8, &[u8])> = Some((
    183,
    &[
        0x00, 0x00, 0x80, 0xd2, // again: mov x0, #0: no descriptors
        0x01, 0x00, 0x80, 0xd2, //        mov x1, #0
        0x02, 0x00, 0x80, 0xd2, //        mov x2, #0: no time-out
        0x03, 0x00, 0x80, 0xd2, //        mov x3, #0: no other signals
        0x04, 0x00, 0x80, 0xd2, //        mov x4, #0
        0x28, 0x09, 0x80, 0xd2, //        mov x8, #73, which is ppoll
        0x01, 0x00, 0x00, 0xd4, //        svc #0
        0xf9, 0xff, 0xff, 0x17, //        b again
    ],
));

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const MACHINE: Option<(u8, &[u8])> = None;

const HEADERS: u8 = 64 + 56;
const LOADED_AT: u8 = 0x40; // 0x400000, as linkers do

/// The program in a tar archive, as the engine wants it; `None` on a machine that golive has none for.
pub(super) fn archive() -> Option<Vec<u8>> {
    let program = elf()?;
    let mut header = tar::Header::new_ustar();
    header.set_size(program.len() as u64);
    header.set_mode(0o755);
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_data(&mut header, PATH.trim_start_matches('/'), program.as_slice()).ok()?;
    archive.into_inner().ok()
}

/// See elf(5): a file header, one segment that may be read and executed, the code.
fn elf() -> Option<Vec<u8>> {
    let (machine, code) = MACHINE?;
    let length = HEADERS + u8::try_from(code.len()).ok()?;
    let mut elf = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0];
    elf.resize(16, 0);
    let mut put = |value: &[u8], width: usize| {
        let end = elf.len() + width;
        elf.extend(value);
        elf.resize(end, 0);
    };
    put(&[2], 2); // a program
    put(&[machine], 2);
    put(&[1], 4);
    put(&[HEADERS, 0, LOADED_AT], 8); // begins after the headers
    put(&[64], 8); // where the segment's header is
    put(&[], 8); // no sections
    put(&[], 4);
    put(&[64], 2);
    put(&[56], 2);
    put(&[1], 2); // one segment
    put(&[64], 2);
    put(&[], 2);
    put(&[], 2);
    put(&[1], 4); // to be loaded
    put(&[5], 4); // read, execute
    put(&[], 8); // the whole file
    put(&[0, 0, LOADED_AT], 8);
    put(&[0, 0, LOADED_AT], 8);
    put(&[length], 8);
    put(&[length], 8);
    put(&[0, 0, 1], 8); // aligned for every size of pages
    put(code, code.len());
    Some(elf)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use super::*;

    /// What the archive holds runs on this machine, stays, and uses no processor.
    #[test]
    fn it_waits_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let tar = dir.path().join("it.tar");
        std::fs::write(&tar, archive().unwrap()).unwrap();
        let unpacked = Command::new("tar").arg("xf").arg(&tar).arg("-C").arg(dir.path()).status().unwrap();
        assert!(unpacked.success());
        let program = dir.path().join(PATH.trim_start_matches('/'));
        assert_eq!(program.metadata().unwrap().permissions().mode() & 0o777, 0o755);
        let mut running = Command::new(&program).stdin(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(running.try_wait().unwrap(), None);
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", running.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        assert_eq!((fields[0], fields[11], fields[12]), ("S", "0", "0"), "asleep, and never on a processor");
        running.kill().unwrap();
        running.wait().unwrap();
    }
}
