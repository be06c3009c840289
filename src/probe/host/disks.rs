//! How full the disks are, as `df` counts: of what is not kept back for root.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{float, ratio};

/// More mounts are not looked at.
const MOUNTS_MAX: usize = 16;

/// File systems on disks of this host. Those in memory cannot fill a disk, those that are read only cannot fill, and
/// those on the network may never answer.
const REAL: [&str; 14] = [
    "bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "jfs", "nilfs2", "ntfs3", "reiserfs",
    "vfat", "xfs", "zfs",
];

/// `disk /…` and `inodes /…` by mount.
pub(super) fn used(proc: &Path) -> Vec<(String, f64)> {
    let text = std::fs::read_to_string(proc.join("self/mountinfo")).unwrap_or_default();
    let mut used = Vec::new();
    for place in mounts(&text) {
        let Ok(space) = rustix::fs::statvfs(&place) else { continue };
        let place = place.display();
        let taken = float(space.f_blocks.saturating_sub(space.f_bfree));
        if space.f_blocks > 0 {
            used.push((format!("disk {place}"), ratio(taken, taken + float(space.f_bavail))));
        }
        // Some make inodes as they need them.
        if space.f_files > 0 {
            let taken = float(space.f_files.saturating_sub(space.f_ffree));
            used.push((format!("inodes {place}"), ratio(taken, float(space.f_files))));
        }
    }
    used
}

/// One place per device: what is mounted again elsewhere is no other disk.
fn mounts(mountinfo: &str) -> Vec<PathBuf> {
    let mut places: BTreeMap<&str, PathBuf> = BTreeMap::new();
    for (source, place) in mountinfo.lines().filter_map(mount) {
        let shorter = |known: &PathBuf| place.as_os_str().len() < known.as_os_str().len();
        if places.get(source).is_none_or(shorter) {
            places.insert(source, place);
        }
    }
    let mut places: Vec<PathBuf> = places.into_values().collect();
    places.sort_by_key(|place| (place.as_os_str().len(), place.clone()));
    places.truncate(MOUNTS_MAX);
    places
}

/// The device and the place of a mount that counts: `36 35 98:0 / /mnt rw,noatime shared:1 - ext4 /dev/sda1 rw`
/// (`proc_pid_mountinfo(5)`). A mount that is read only for golive alone has a file system that is not.
fn mount(line: &str) -> Option<(&str, PathBuf)> {
    let (mount, system) = line.split_once(" - ")?;
    let mut system = system.split(' ');
    let (kind, source, options) = (system.next()?, system.next()?, system.next()?);
    let read_only = options.split(',').any(|option| option == "ro");
    let place = mount.split(' ').nth(4)?;
    (REAL.contains(&kind) && !read_only).then(|| (source, PathBuf::from(unescaped(place))))
}

/// Blanks are written in octal: `\040`.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.get(..3).and_then(|octal| u8::from_str_radix(octal, 8).ok()) {
            Some(byte) => {
                plain.push(char::from(byte));
                plain.push_str(&part[3..]);
            }
            None => {
                plain.push('\\');
                plain.push_str(part);
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests;
