use super::*;

const MOUNTS: &str = "\
22 28 0:20 / /proc rw,nosuid shared:5 - proc proc rw
28 1 254:1 / / ro,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro
30 28 254:1 /var/lib/app /srv/app rw shared:1 - ext4 /dev/vda1 rw
31 28 254:2 / /var rw,relatime shared:3 master:1 - xfs /dev/vda2 rw
32 28 254:3 / /mnt/my\\040disk rw - btrfs /dev/vdb rw,space_cache
33 28 7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro
34 28 11:0 / /media/cdrom ro - ext4 /dev/sr0 ro
35 28 0:44 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw,lowerdir=/l
36 28 0:45 / /run rw - tmpfs tmpfs rw
37 28 0:46 / /mnt/nfs rw - nfs4 server:/export rw
38 28 0:47 / /tank rw - zfs tank rw
broken
39 28 0:48 /
";

#[test]
fn only_disks_of_this_host_that_can_fill_are_looked_at() {
    let places: Vec<String> = mounts(MOUNTS).iter().map(|place| place.display().to_string()).collect();
    assert_eq!(places, ["/", "/var", "/tank", "/mnt/my disk"]);
    let many: Vec<String> =
        (0..99).map(|one| format!("1 1 8:{one} / /m{one} rw - ext4 /dev/x{one} rw")).collect();
    assert_eq!(mounts(&many.join("\n")).len(), MOUNTS_MAX);
}

#[test]
fn this_machine_agrees_with_df() {
    let ours: std::collections::BTreeMap<_, _> = used(Path::new("/proc")).into_iter().collect();
    for (what, share) in &ours {
        assert!((0.0..=1.0).contains(share), "{what} {share}");
        let (column, place) = match what.split_once(' ').unwrap() {
            ("disk", place) => ("pcent", place),
            ("inodes", place) => ("ipcent", place),
            other => panic!("{other:?}"),
        };
        let df =
            std::process::Command::new("df").arg(format!("--output={column}")).arg(place).output().unwrap();
        let df = String::from_utf8(df.stdout).unwrap();
        let percent: f64 = df.lines().last().unwrap().trim().trim_end_matches('%').parse().unwrap();
        // df rounds up, and others write meanwhile.
        assert!((share * 100.0 - percent).abs() <= 2.0, "{what}: {share}, df says {percent} %");
    }
}
