//! Files: what was saved comes back, and what is wrong with one is said.
use crate::network;
use lottery::{npy, Context, Element, Status};
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
    assert_eq!(npy::load::<u8>(&context, &file).unwrap_err().status(), Status::Shape);
    npy::save(&context, &file, &[], &[-7_i64]).unwrap();
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
