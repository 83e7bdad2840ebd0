//! Archives: networks, masks, snapshots, tickets and trainers in one file.
use crate::element::{check_shape, product, raw_shape, room};
use crate::error::{Error, Result, Status};
use crate::handle::{Handle, Kind as HandleKind};
use crate::option::{self, choice, Key, Store, Value};
use crate::{raw, tensor, text, unwind, Context, Element, Mask, Network, Snapshot, Trainer};
use std::io::{Read, Write};
use std::os::raw::c_void;
use std::path::Path;
use std::ptr::null_mut;

choice! {
    /// The kind of an item.
    Kind {
        /// A kind of a later version.
        Unknown = LOTTERY_KIND_UNKNOWN,
        /// A graph and its weights.
        Network = LOTTERY_KIND_NETWORK,
        /// A bit a weight.
        Mask = LOTTERY_KIND_MASK,
        /// Weights, optimiser state, position.
        Snapshot = LOTTERY_KIND_SNAPSHOT,
        /// A graph, a mask and the initial values of what survives.
        Ticket = LOTTERY_KIND_TICKET,
        /// A text of the host's.
        Text = LOTTERY_KIND_TEXT,
        /// An array of the host's, or of another program's file.
        Array = LOTTERY_KIND_ARRAY,
        /// A trainer and its network with all that they need to continue.
        Trainer = LOTTERY_KIND_TRAINER,
    }
}

choice! {
    /// What restoring a trainer may do beside continuing with the same bits.
    Consent {
        /// Nothing.
        None = LOTTERY_CONSENT_NONE,
        /// Continue on another instruction set, whose results differ in the last bits.
        InstructionSet = LOTTERY_CONSENT_INSTRUCTION_SET,
    }
}

/// A pruned network at its initial values, its mask, and the values.
pub struct Ticket {
    /// The network, its mask set.
    pub network: Network,
    /// The mask.
    pub mask: Mask,
    /// The initial values; 0 where the mask prunes.
    pub snapshot: Snapshot,
}

/// Named items in memory, which are saved to one file and loaded from it. One thread at a time.
pub struct Archive {
    handle: Handle<raw::lottery_archive>,
}

/// What a callback works on, and what went wrong there.
struct Stream<'a, S> {
    stream: &'a mut S,
    error: Option<std::io::Error>,
}

/// # Safety
/// `user` is a `Stream<W>` that nobody else uses meanwhile; `bytes` are `count`.
unsafe extern "C" fn write<W: Write>(bytes: *const c_void, count: i64, user: *mut c_void) -> i64 {
    // SAFETY: the caller's promise.
    let (to, bytes) =
        unsafe { (&mut *user.cast::<Stream<W>>(), std::slice::from_raw_parts(bytes.cast(), text::size(count))) };
    unwind::catch(0, || {
        to.error = to.stream.write_all(bytes).err();
        if to.error.is_none() { count } else { 0 }
    })
}

/// # Safety
/// `user` is a `Stream<R>` that nobody else uses meanwhile; `bytes` have room for `capacity`.
unsafe extern "C" fn read<R: Read>(bytes: *mut c_void, capacity: i64, user: *mut c_void) -> i64 {
    // SAFETY: the caller's promise. The room may never have been written to, and a reader may look at it.
    let (from, bytes) = unsafe {
        bytes.cast::<u8>().write_bytes(0, text::size(capacity));
        (&mut *user.cast::<Stream<R>>(), std::slice::from_raw_parts_mut(bytes.cast(), text::size(capacity)))
    };
    unwind::catch(-1, || loop {
        match from.stream.read(bytes) {
            Ok(count) => return text::count(count),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => {
                from.error = Some(error);
                return -1;
            }
        }
    })
}

// SAFETY of all calls below: valid handles, strings that end with a zero, and pointers to as many elements as is said.
impl Archive {
    /// An empty archive.
    pub fn new(context: &Context) -> Result<Archive> {
        let handle = Handle::create(context, |out| unsafe { raw::lottery_archive_create(context.raw(), out) })?;
        Ok(Archive { handle })
    }

    /// Sets an option of [`option::archive`].
    pub fn set<V: Value>(&mut self, key: Key<raw::lottery_archive, V>, value: V) -> Result<()>
    where
        raw::lottery_archive: Store<V::Carrier>,
    {
        option::set(&self.handle, key, value)
    }

    /// The value of an option.
    pub fn get<V: Value>(&self, key: Key<raw::lottery_archive, V>) -> Result<V>
    where
        raw::lottery_archive: Store<V::Carrier>,
    {
        option::get(&self.handle, key)
    }

    /// The names of all items, in the order of their bytes.
    pub fn names(&self) -> Result<Vec<String>> {
        let count: i64 = self.handle.number(|archive, out| unsafe { raw::lottery_archive_count(archive, out) })?;
        let name = |index| {
            text::read(self.handle.context(), |buffer, capacity, needed| unsafe {
                raw::lottery_archive_name(self.handle.raw(), index, buffer, capacity, needed)
            })
        };
        (0..count).map(name).collect()
    }

    /// The kind of the item called `name`.
    pub fn kind(&self, name: &str) -> Result<Kind> {
        let name = text::from_str("name", name)?;
        Kind::from_raw(
            self.handle.number(|archive, out| unsafe { raw::lottery_archive_kind(archive, name.as_ptr(), out) })?,
        )
    }

    fn with_name(
        &self, name: &str, call: impl FnOnce(*mut raw::lottery_archive, *const std::os::raw::c_char) -> i32,
    ) -> Result<()> {
        let name = text::from_str("name", name)?;
        self.handle.check(call(self.handle.raw(), name.as_ptr())).map(drop)
    }

    /// Adds a network: its graph and weights, without its mask and options.
    pub fn add_network(&mut self, name: &str, network: &Network) -> Result<()> {
        self.with_name(name, |archive, name| unsafe {
            raw::lottery_archive_add_network(archive, name, network.handle.raw())
        })
    }

    /// Adds a mask.
    pub fn add_mask(&mut self, name: &str, mask: &Mask) -> Result<()> {
        self.with_name(name, |archive, name| unsafe { raw::lottery_archive_add_mask(archive, name, mask.handle.raw()) })
    }

    /// Adds a snapshot: everything that it holds.
    pub fn add_snapshot(&mut self, name: &str, snapshot: &Snapshot) -> Result<()> {
        self.with_name(name, |archive, name| unsafe {
            raw::lottery_archive_add_snapshot(archive, name, snapshot.handle.raw())
        })
    }

    /// Adds a ticket: the network's graph, the mask, and from the snapshot the biases and the weights that the mask
    /// keeps.
    pub fn add_ticket(&mut self, name: &str, network: &Network, mask: &Mask, snapshot: &Snapshot) -> Result<()> {
        self.with_name(name, |archive, name| unsafe {
            let (network, mask, snapshot) = (network.handle.raw(), mask.handle.raw(), snapshot.handle.raw());
            raw::lottery_archive_add_ticket(archive, name, network, mask, snapshot)
        })
    }

    /// Adds a trainer and its network with all that they need to continue.
    pub fn add_trainer(&mut self, name: &str, trainer: &mut Trainer) -> Result<()> {
        self.with_name(name, |archive, name| unsafe {
            raw::lottery_archive_add_trainer(archive, name, trainer.handle.raw())
        })
    }

    /// Continues where a trainer was when it was added: `trainer`, made for the same graph and dataset, takes its
    /// weights, mask, optimiser state, position and options.
    pub fn restore_trainer(&self, name: &str, trainer: &mut Trainer, consent: Consent) -> Result<()> {
        self.with_name(name, |archive, name| unsafe {
            raw::lottery_archive_restore_trainer(archive, name, trainer.handle.raw(), consent.to_raw())
        })
    }

    /// Adds a text.
    pub fn add_text(&mut self, name: &str, text: &str) -> Result<()> {
        let text = text::from_str("text", text)?;
        self.with_name(name, |archive, name| unsafe { raw::lottery_archive_add_text(archive, name, text.as_ptr()) })
    }

    /// Adds an array, row-major.
    pub fn add_array<E: Element>(&mut self, name: &str, shape: &[usize], values: &[E]) -> Result<()> {
        check_shape("values", values.len(), shape)?;
        let (rank, sizes) = raw_shape(shape);
        self.with_name(name, |archive, name| unsafe {
            let (values, count) = (values.as_ptr().cast(), text::count(values.len()));
            raw::lottery_archive_add_array(archive, name, E::NUMBER, rank, sizes.as_ptr(), values, count)
        })
    }

    /// A network, finished.
    pub fn network(&self, name: &str) -> Result<Network> {
        let name = text::from_str("name", name)?;
        self.make(|archive, out| unsafe { raw::lottery_archive_get_network(archive, name.as_ptr(), out) })
            .map(Network::new)
    }

    /// A mask; with a network, one that fits it.
    pub fn mask(&self, name: &str, network: Option<&Network>) -> Result<Mask> {
        let (name, network) = (text::from_str("name", name)?, raw_or_null(network));
        self.make(|archive, out| unsafe { raw::lottery_archive_get_mask(archive, name.as_ptr(), network, out) })
            .map(Mask::new)
    }

    /// A snapshot; with a network, one that fits it. It can also be made from an item that is a network, or from arrays
    /// of another program's file that have the names of the network's tensors.
    pub fn snapshot(&self, name: &str, network: Option<&Network>) -> Result<Snapshot> {
        let (name, network) = (text::from_str("name", name)?, raw_or_null(network));
        self.make(|archive, out| unsafe { raw::lottery_archive_get_snapshot(archive, name.as_ptr(), network, out) })
            .map(Snapshot::new)
    }

    fn make<T: HandleKind>(
        &self, call: impl FnOnce(*mut raw::lottery_archive, *mut *mut T) -> raw::lottery_status,
    ) -> Result<Handle<T>> {
        Handle::create(self.handle.context(), |out| call(self.handle.raw(), out))
    }

    /// A ticket.
    pub fn ticket(&self, name: &str) -> Result<Ticket> {
        let context = self.handle.context();
        let (mut network, mut mask, mut snapshot) = (null_mut(), null_mut(), null_mut());
        self.with_name(name, |archive, name| unsafe {
            raw::lottery_archive_get_ticket(archive, name, &mut network, &mut mask, &mut snapshot)
        })?;
        Ok(Ticket {
            network: Network::new(Handle::own(context, network)),
            mask: Mask::new(Handle::own(context, mask)),
            snapshot: Snapshot::new(Handle::own(context, snapshot)),
        })
    }

    /// A text.
    pub fn text(&self, name: &str) -> Result<String> {
        let name = text::from_str("name", name)?;
        text::read(self.handle.context(), |buffer, capacity, needed| unsafe {
            raw::lottery_archive_get_text(self.handle.raw(), name.as_ptr(), buffer, capacity, needed)
        })
    }

    /// The number of an array's element type (`f32::NUMBER` and the like), and its shape. The array may belong to
    /// another item ("ticket.fc1.bias").
    pub fn array_shape(&self, name: &str) -> Result<(i32, Vec<usize>)> {
        let mut element = 0;
        let shape = tensor::shape(|capacity, shape, rank| {
            self.with_name(name, |archive, name| unsafe {
                raw::lottery_archive_array_shape(archive, name, &mut element, capacity, shape, rank)
            })
        })?;
        Ok((element, shape))
    }

    /// The shape and the elements of an array. Real numbers are read as `f32`, whole ones as any type that holds them.
    pub fn array<E: Element>(&self, name: &str) -> Result<(Vec<usize>, Vec<E>)> {
        let (_, shape) = self.array_shape(name)?;
        let mut values = room::<E>(product(&shape))?;
        let (data, count) = (values.as_mut_ptr().cast(), text::count(values.len()));
        // The library refuses another type before it writes.
        self.with_name(name, |archive, name| unsafe {
            raw::lottery_archive_get_array(archive, name, E::NUMBER, data, count)
        })?;
        Ok((shape, values))
    }

    /// Removes an item.
    pub fn remove(&mut self, name: &str) -> Result<()> {
        self.with_name(name, |archive, name| unsafe { raw::lottery_archive_remove(archive, name) })
    }

    /// The keys of the file's metadata that are not the library's, such as `format`.
    pub fn metadata_keys(&self) -> Result<Vec<String>> {
        let count: i64 =
            self.handle.number(|archive, out| unsafe { raw::lottery_archive_metadata_count(archive, out) })?;
        let key = |index| {
            text::read(self.handle.context(), |buffer, capacity, needed| unsafe {
                raw::lottery_archive_metadata_key(self.handle.raw(), index, buffer, capacity, needed)
            })
        };
        (0..count).map(key).collect()
    }

    /// The value of such a key.
    pub fn metadata(&self, key: &str) -> Result<String> {
        let key = text::from_str("key", key)?;
        text::read(self.handle.context(), |buffer, capacity, needed| unsafe {
            raw::lottery_archive_get_metadata(self.handle.raw(), key.as_ptr(), buffer, capacity, needed)
        })
    }

    /// Sets it; `None` removes it.
    pub fn set_metadata(&mut self, key: &str, value: Option<&str>) -> Result<()> {
        let value = value.map(|value| text::from_str("value", value)).transpose()?;
        let value = value.as_ref().map_or(std::ptr::null(), |value| value.as_ptr());
        self.with_name(key, |archive, key| unsafe { raw::lottery_archive_set_metadata(archive, key, value) })
    }

    /// Saves to a file: the path holds its old content or the new file, whole.
    pub fn save(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let path = text::from_path("path", path.as_ref())?;
        self.handle.check(unsafe { raw::lottery_archive_save(self.handle.raw(), path.as_ptr()) }).map(drop)
    }

    /// Replaces what the archive holds by a file's content.
    pub fn load(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let path = text::from_path("path", path.as_ref())?;
        self.handle.check(unsafe { raw::lottery_archive_load(self.handle.raw(), path.as_ptr()) }).map(drop)
    }

    /// The same from memory.
    pub fn load_memory(&mut self, bytes: &[u8]) -> Result<()> {
        let (archive, count) = (self.handle.raw(), text::count(bytes.len()));
        self.handle.check(unsafe { raw::lottery_archive_load_memory(archive, bytes.as_ptr().cast(), count) }).map(drop)
    }

    fn stream<S>(
        &mut self, stream: &mut S, call: impl FnOnce(*mut raw::lottery_archive, *mut c_void) -> raw::lottery_status,
    ) -> Result<()> {
        let mut stream = Stream { stream, error: None };
        let status = call(self.handle.raw(), (&mut stream as *mut Stream<S>).cast());
        unwind::resume();
        let result = self.handle.check(status).map(drop);
        match stream.error {
            Some(error) if result.is_err() => Err(Error::new(Status::File, error.to_string())),
            _ => result,
        }
    }

    /// Writes a file to a stream.
    pub fn write<W: Write>(&mut self, to: &mut W) -> Result<()> {
        self.stream(to, |archive, user| unsafe { raw::lottery_archive_write(archive, Some(write::<W>), user) })
    }

    /// Replaces what the archive holds by a file that a stream delivers, up to its end.
    pub fn read<R: Read>(&mut self, from: &mut R) -> Result<()> {
        self.stream(from, |archive, user| unsafe { raw::lottery_archive_read(archive, Some(read::<R>), user) })
    }
}

fn raw_or_null(network: Option<&Network>) -> *mut raw::lottery_network {
    network.map_or(null_mut(), |network| network.handle.raw())
}
