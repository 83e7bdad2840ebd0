//! Files: what was saved comes back, and what is wrong with one is said.
use crate::network;
use lottery::{npy, option, Archive, Consent, Context, Element, Kind, Mask, Network, State, Status, Trainer};
use std::io::{self, Read, Write};
use std::panic::{catch_unwind, panic_any, AssertUnwindSafe};
use std::path::PathBuf;

/// A folder of a test's own, gone with it.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("lottery-{}-{}", name, std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Folder(path)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn arrays_go_through_npy_files() {
    let context = Context::new().unwrap();
    let folder = Folder::new("npy");
    let file = folder.file("array.npy");
    let network = network(&context);
    let (shape, values) = (network.tensor_shape(0).unwrap(), network.read_tensor(0).unwrap());
    npy::save(&context, &file, &shape, &values).unwrap();
    assert_eq!(npy::describe(&context, &file), Ok((f32::NUMBER, shape.clone())));
    assert_eq!(npy::load(&context, &file), Ok((shape, values)));
    assert_eq!(npy::load::<u8>(&context, &file).unwrap_err().status(), Status::Format);
    npy::save(&context, &file, &[], &[-7_i64]).unwrap();
    assert_eq!(npy::load(&context, &file), Ok((vec![], vec![-7_f32])));
    assert_eq!(npy::load::<u8>(&context, &file).unwrap_err().status(), Status::Format);
    assert_eq!(npy::load(&context, &file), Ok((vec![], vec![-7_i64])));
    npy::save::<u8>(&context, &file, &[2, 0, 3], &[]).unwrap();
    assert_eq!(npy::load::<u8>(&context, &file), Ok((vec![2, 0, 3], vec![])));

    let wrong = npy::save(&context, &file, &[2, 3], &[0_u8; 5]).unwrap_err();
    assert_eq!((wrong.status(), wrong.message()), (Status::Shape, "values: 5 elements, but the shape is [2, 3]"));
    assert_eq!(npy::save(&context, &file, &[1; 9], &[0_u8]).unwrap_err().status(), Status::Argument);
    std::fs::write(&file, "no array").unwrap();
    assert_eq!(npy::load::<f32>(&context, &file).unwrap_err().status(), Status::Format);
    assert_eq!(npy::load::<f32>(&context, folder.file("none")).unwrap_err().status(), Status::File);
}

/// Streams that do what they should not.
struct Panics;
struct Lies;
struct Breaks;

impl Write for Panics {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        panic_any("writing")
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Panics {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        panic_any("reading")
    }
}

impl Read for Lies {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        Ok(room.len() + 1)
    }
}

impl Read for Breaks {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::new(io::ErrorKind::Other, "out of cable"))
    }
}

#[test]
fn archives() {
    let context = Context::new().unwrap();
    let network = network(&context);
    let mask = Mask::ones(&network).unwrap().replace(0, &[1, 0].repeat(12)).unwrap();
    let snapshot = network.snapshot().unwrap();
    let mut archive = Archive::new(&context).unwrap();
    archive.set(option::archive::BYTE_LIMIT, 1 << 20).unwrap();
    assert_eq!(archive.get(option::archive::BYTE_LIMIT), Ok(1 << 20));
    archive.add_network("network", &network).unwrap();
    archive.add_mask("mask", &mask).unwrap();
    archive.add_snapshot("snapshot", &snapshot).unwrap();
    archive.add_ticket("ticket", &network, &mask, &snapshot).unwrap();
    archive.add_text("text", "words").unwrap();
    archive.add_array("array", &[2, 1], &[5_i64, -6]).unwrap();
    assert!(archive.add_array("more", &[3], &[1_u8]).is_err());
    let mut file = Vec::new();
    archive.write(&mut file).unwrap();
    let folder = Folder::new("archive");
    let path = folder.file("things.safetensors");
    archive.save(&path).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), file);
    for way in 0..3 {
        let mut again = Archive::new(&context).unwrap();
        match way {
            0 => again.load(&path).unwrap(),
            1 => again.load_memory(&file).unwrap(),
            _ => again.read(&mut file.as_slice()).unwrap(),
        }
        assert_eq!(again.names().unwrap(), ["array", "mask", "network", "snapshot", "text", "ticket"]);
        assert_eq!((again.kind("mask"), again.text("text").unwrap()), (Ok(Kind::Mask), "words".to_string()));
        assert_eq!(again.array_shape("array"), Ok((i64::NUMBER, vec![2, 1])));
        assert_eq!(again.array("array"), Ok((vec![2, 1], vec![5_i64, -6])));
        assert_eq!(again.array::<f32>("array"), Ok((vec![2, 1], vec![5.0, -6.0])));
        assert_eq!(again.array::<u8>("array").unwrap_err().status(), Status::Format);
        assert_eq!(again.array::<u8>("ticket.fc1.bias").unwrap_err().status(), Status::Shape);
        assert_eq!(again.array::<f32>("ticket.fc1.bias"), Ok((vec![6], vec![0.0; 6])));
        let found = again.network("network").unwrap();
        assert_eq!(crate::weights(&found), crate::weights(&network));
        assert_eq!(again.mask("mask", Some(&found)).unwrap().hamming(&mask), Ok(0));
        assert_eq!(again.snapshot("snapshot", None).unwrap().contents(), Ok(State::WEIGHTS));
        let ticket = again.ticket("ticket").unwrap();
        assert_eq!(ticket.network.mask().unwrap().hamming(&ticket.mask), Ok(0));
        assert_eq!(ticket.snapshot.tensor_count(), Ok(4));
    }
    assert_eq!(archive.read(&mut &file[..9]).unwrap_err().status(), Status::Format);
    let error = archive.write(&mut [0_u8; 4].as_mut_slice()).unwrap_err();
    assert_eq!(error.status(), Status::File);
    // A stream that panics: the panic goes on, the archive is as it was.
    let panic = catch_unwind(AssertUnwindSafe(|| archive.write(&mut Panics))).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"writing"));
    let panic = catch_unwind(AssertUnwindSafe(|| archive.read(&mut Panics))).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"reading"));
    assert_eq!(archive.read(&mut Lies).unwrap_err().status(), Status::File);
    let error = archive.read(&mut Breaks).unwrap_err();
    assert_eq!((error.status(), error.message()), (Status::File, "out of cable"));
    assert_eq!(archive.names().unwrap().len(), 6);
    archive.remove("text").unwrap();
    assert_eq!(archive.remove("text").unwrap_err().status(), Status::Argument);
    assert_eq!(archive.names().unwrap().len(), 5);
    archive.set_metadata("format", Some("pt")).unwrap();
    assert_eq!(archive.metadata_keys(), Ok(vec!["format".to_string()]));
    assert_eq!(archive.metadata("format"), Ok("pt".to_string()));
    archive.set_metadata("format", None).unwrap();
    assert_eq!(archive.metadata("format").unwrap_err().status(), Status::Argument);
}

#[test]
fn trainers_in_archives() {
    let context = Context::new().unwrap();
    let dataset = crate::dataset(&context);
    let mut first = crate::trainer(&context, &dataset);
    first.run(3).unwrap();
    let mut archive = Archive::new(&context).unwrap();
    archive.add_trainer("run", &mut first).unwrap();
    assert_eq!(archive.kind("run"), Ok(Kind::Trainer));
    let mut second = Trainer::new(Network::preset(&context, "mlp-4-6-3").unwrap(), Some(&dataset), 1).unwrap();
    archive.restore_trainer("run", &mut second, Consent::None).unwrap();
    first.run(5).unwrap();
    second.run(5).unwrap();
    assert_eq!(second.iteration(), Ok(8));
    assert_eq!(crate::weights(second.network()), crate::weights(first.network()));
    archive.restore_trainer("run", &mut second, Consent::InstructionSet).unwrap();
    let error = archive.restore_trainer("walk", &mut second, Consent::None).unwrap_err();
    assert_eq!(error.status(), Status::Argument);
}
