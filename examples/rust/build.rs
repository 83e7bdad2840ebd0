//! Tells rustc where liblottery is: in the build folder that LOTTERY_BUILD_DIR names, otherwise where the program
//! pkg-config says. LOTTERY_STATIC=1 takes liblottery.a. A path without a root begins at this crate's folder.
use std::env;
use std::path::{Path, PathBuf};
use std::process::{exit, Command};

const WANTED: &str = "lottery >= 0.1";
const HELP: &str = "\
Either build liblottery, in its folder,
    cmake -S . -B build && cmake --build build
and set LOTTERY_BUILD_DIR to that build folder; or install it, and let pkg-config (Debian: pkg-config) find its
lottery.pc, if need be by PKG_CONFIG_PATH=PREFIX/lib/pkgconfig. LOTTERY_STATIC=1 links liblottery.a.";

fn fail(reason: &str) -> ! {
    eprintln!("liblottery was not found: {}\n{}", reason, HELP);
    exit(1);
}

fn main() {
    for variable in ["LOTTERY_BUILD_DIR", "LOTTERY_STATIC", "PKG_CONFIG", "PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR"] {
        println!("cargo:rerun-if-env-changed={}", variable);
    }
    println!("cargo:rerun-if-changed=build.rs");
    let wants_static = env::var_os("LOTTERY_STATIC").map_or(false, |value| value == "1");
    match env::var_os("LOTTERY_BUILD_DIR") {
        Some(folder) => link(&[folder.into()], &["z".into(), "m".into()], wants_static),
        None => {
            let (folders, others) = ask_pkg_config(wants_static);
            link(&folders, &others, wants_static);
        }
    }
}

/// Links liblottery from the first folder that has it; `others` are the libraries that its archive needs.
fn link(folders: &[PathBuf], others: &[String], wants_static: bool) {
    let first = |name: &str| folders.iter().find(|folder| folder.join(name).is_file());
    let shared = if wants_static { None } else { first("liblottery.so") };
    // A build without the shared library is linked with the archive.
    let folder = match shared.or_else(|| first("liblottery.a")) {
        Some(folder) => folder.canonicalize().unwrap_or_else(|_| folder.clone()),
        None => fail(&format!("no {} in {:?}", if wants_static { "liblottery.a" } else { "liblottery.so" }, folders)),
    };
    println!("cargo:rustc-link-search=native={}", folder.display());
    if shared.is_some() {
        println!("cargo:rustc-link-lib=dylib=lottery");
        // For this crate's own tests and examples; a program that depends on the crate reads DEP_LOTTERY_LIBDIR.
        println!("cargo:rustc-link-arg=-Wl,-rpath,{}", folder.display());
    } else {
        println!("cargo:rerun-if-changed={}", Path::new(&folder).join("liblottery.a").display());
        println!("cargo:rustc-link-lib=static=lottery");
        for library in others {
            println!("cargo:rustc-link-lib=dylib={}", library);
        }
    }
    println!("cargo:libdir={}", folder.display());
}

/// The folders and the other libraries of lottery.pc, including folders that the linker knows anyway.
fn ask_pkg_config(wants_static: bool) -> (Vec<PathBuf>, Vec<String>) {
    let program = env::var("PKG_CONFIG").unwrap_or_else(|_| "pkg-config".into());
    let run =
        |arguments: &[&str]| match Command::new(&program).arg("--print-errors").args(arguments).arg(WANTED).output() {
            Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).into_owned(),
            Ok(output) => fail(&format!("{} says: {}", program, String::from_utf8_lossy(&output.stderr).trim_end())),
            Err(error) => fail(&format!("LOTTERY_BUILD_DIR is not set, and {} cannot be run: {}", program, error)),
        };
    let mut folders = vec![PathBuf::from(run(&["--variable=libdir"]).trim_end())];
    let mut others = Vec::new();
    let mut flags = vec!["--libs"];
    if wants_static {
        flags.push("--static");
    }
    for word in words(&run(&flags)) {
        if let Some(folder) = word.strip_prefix("-L") {
            folders.push(folder.into());
        } else if let Some(library) = word.strip_prefix("-l").filter(|library| *library != "lottery") {
            others.push(library.into());
        }
    }
    (folders, others)
}

/// pkg-config writes for a shell: a backslash keeps the next character as it is.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => words.last_mut().unwrap().extend(characters.next()),
            _ if character.is_whitespace() => words.push(String::new()),
            _ => words.last_mut().unwrap().push(character),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
