//! The platform's proof that a domain is the operator's: the file `MP_verify_….txt` that the console hands out, put
//! beside the settings, answered at the root of the site.

use std::path::Path;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path as InPath, ServiceConfig, resource};

use crate::base::Base;
use crate::web::Error;

const START: &str = "MP_verify_";
const END: &str = ".txt";
/// In bytes; the console's files hold sixteen letters.
const LARGEST: u64 = 1024;

pub fn routes(config: &mut ServiceConfig) {
    config.service(resource("/MP_verify_{word}.txt").get(show));
}

/// Read on every request: the file counts from the moment it lies there, without a restart.
async fn show(base: Data<Base>, word: InPath<String>) -> Result<HttpResponse, Error> {
    let name = format!("{START}{word}{END}");
    let folder = base.config.folder.clone();
    let content = actix_web::web::block(move || read(&folder, &name)).await;
    match content.map_err(|error| Error::new("internal").because(error))? {
        Ok(content) => Ok(HttpResponse::Ok().content_type("text/plain").body(content)),
        Err(why) => Err(Error::new("not_found").because_of(why)),
    }
}

/// The names of the files in `folder` that claim to be such proofs, sorted, and what is wrong with each.
pub fn find(folder: &Path) -> Vec<(String, Option<String>)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.starts_with(START))
        .collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), read(folder, &name).err())).collect()
}

/// The file's content, byte for byte; in words what is wrong with it.
fn read(folder: &Path, name: &str) -> Result<Vec<u8>, String> {
    let word = name.strip_prefix(START).and_then(|rest| rest.strip_suffix(END)).unwrap_or_default();
    if word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)) {
        return Err("文件名应为 MP_verify_ 加字母和数字，以 .txt 结尾，请用后台下载的原文件".to_string());
    }
    let path = folder.join(name);
    let found = std::fs::metadata(&path).map_err(|error| format!("无法读取（{error}）"))?;
    if !found.is_file() || found.len() == 0 || found.len() > LARGEST {
        return Err("内容不对，请从后台重新下载".to_string());
    }
    std::fs::read(&path).map_err(|error| format!("无法读取（{error}）"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_such_a_file_beside_the_settings_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, content: &str| std::fs::write(folder.path().join(name), content).unwrap();
        put("MP_verify_aB3dE5gH7jK9mN1p.txt", "aB3dE5gH7jK9mN1p");
        put("MP_verify_empty.txt", "");
        put("MP_verify_x (1).txt", "x");
        put("yishiting.toml", "secret");
        assert_eq!(read(folder.path(), "MP_verify_aB3dE5gH7jK9mN1p.txt").unwrap(), b"aB3dE5gH7jK9mN1p");
        for other in
            ["MP_verify_.txt", "MP_verify_../yishiting.toml", "MP_verify_a/../../b.txt", "yishiting.toml"]
        {
            assert!(read(folder.path(), other).is_err(), "{other}");
        }
        let found = find(folder.path());
        let wrong: Vec<&str> =
            found.iter().filter(|(_, wrong)| wrong.is_some()).map(|(name, _)| &**name).collect();
        assert_eq!((found.len(), wrong), (3, vec!["MP_verify_empty.txt", "MP_verify_x (1).txt"]));
    }
}
