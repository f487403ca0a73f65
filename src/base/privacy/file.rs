//! The master key file: one key a line, the newest first. `2:64 hex digits`; a bare key is number 1.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

use zeroize::Zeroizing;

use super::{Key, KeyError, random_bytes};

/// Reads the keys, making the first one on the very first start, readable by its owner only.
pub fn load_or_create(path: &Path) -> Result<Vec<Key>, KeyError> {
    match read(path) {
        Ok(text) => parse(&text).ok_or_else(|| shape(path)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let master = Zeroizing::new(random_bytes::<32>());
            create(path, &Zeroizing::new(hex::encode(master.as_slice())))
                .map_err(|error| failed(path, error))?;
            Ok(vec![Key::from_master(1, &master)])
        }
        Err(error) => Err(failed(path, error)),
    }
}

/// Puts a new key before all others; its number. What runs goes on with the keys that it read at its start.
pub fn add(path: &Path) -> Result<u32, KeyError> {
    let old = read(path).map_err(|error| failed(path, error))?;
    let keys = parse(&old).ok_or_else(|| shape(path))?;
    let number = keys.iter().map(|key| key.number).max().unwrap_or_default() + 1;
    let fresh = Zeroizing::new(hex::encode(random_bytes::<32>()));
    let text = Zeroizing::new(format!("{number}:{}\n{}\n", fresh.as_str(), old.trim()));
    replace(path, &text).map_err(|error| failed(path, error))?;
    Ok(number)
}

fn read(path: &Path) -> std::io::Result<Zeroizing<String>> {
    std::fs::read_to_string(path).map(Zeroizing::new)
}

fn failed(path: &Path, source: std::io::Error) -> KeyError {
    KeyError::File { path: path.display().to_string(), source }
}

fn shape(path: &Path) -> KeyError {
    KeyError::Shape { path: path.display().to_string() }
}

/// `None` where a line is no key, two have one number, or there is none.
fn parse(text: &str) -> Option<Vec<Key>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let keys: Vec<Key> = lines.map(parse_line).collect::<Option<_>>()?;
    let numbers: HashSet<u32> = keys.iter().map(|key| key.number).collect();
    (!keys.is_empty() && numbers.len() == keys.len()).then_some(keys)
}

fn parse_line(line: &str) -> Option<Key> {
    let (number, digits) = line.split_once(':').unwrap_or(("1", line));
    let number = number.parse().ok().filter(|number| *number > 0)?;
    let mut master = Zeroizing::new([0u8; 32]);
    hex::decode_to_slice(digits.trim(), master.as_mut_slice()).ok()?;
    Some(Key::from_master(number, &master))
}

fn create(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all())
}

/// Whole or not at all, for the same owner: an administrator may type the command, the service reads the file.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let fresh = path.with_extension("new");
    create(&fresh, text)?;
    let renamed = keep_owner(path, &fresh).and_then(|()| std::fs::rename(&fresh, path));
    renamed.or_else(|error| std::fs::remove_file(&fresh).and(Err(error)))
}

#[cfg(unix)]
fn keep_owner(old: &Path, new: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let owner = std::fs::metadata(old)?;
    std::os::unix::fs::chown(new, Some(owner.uid()), Some(owner.gid()))?;
    std::fs::set_permissions(new, owner.permissions())
}

#[cfg(not(unix))]
fn keep_owner(_old: &Path, _new: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::privacy::Keys;

    #[test]
    fn the_master_key_is_made_once_and_a_damaged_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/master.key");
        let first = Keys::load_or_create(&path).unwrap();
        let second = Keys::load_or_create(&path).unwrap();
        assert_eq!(first.blind("phone", "1"), second.blind("phone", "1"));
        std::fs::write(&path, "short").unwrap();
        assert!(matches!(Keys::load_or_create(&path), Err(KeyError::Shape { .. })));
    }

    #[test]
    fn a_new_key_stands_first_and_the_old_one_keeps_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let before = Keys::load_or_create(&path).unwrap();
        let sealed = before.seal("p.q", "13812346021").unwrap();
        assert_eq!((add(&path).unwrap(), add(&path).unwrap()), (2, 3));
        let keys = Keys::load_or_create(&path).unwrap();
        assert_eq!(keys.numbers(), [3, 2, 1]);
        assert_eq!(keys.open("p.q", &sealed).unwrap(), "13812346021");
        assert!(keys.seal("p.q", "x").unwrap().starts_with("1.x.3."));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn two_keys_of_one_number_a_broken_line_or_none_are_refused() {
        let key = "ab".repeat(32);
        assert_eq!(parse(&format!("# 2026\n2:{key}\n\n{key}\n")).map(|keys| keys.len()), Some(2));
        for wrong in [format!("{key}\n1:{key}"), format!("0:{key}"), format!("2:{key}0"), "\n".to_string()] {
            assert!(parse(&wrong).is_none(), "{wrong}");
        }
    }
}
