//! Networks: a graph of nodes, and the tensors it trains.
use crate::element::raw_shape;
use crate::error::{check_length, Error, Result, Status};
use crate::handle::Handle;
use crate::option::{self, choice, Key, NodeOption, Store, Value};
use crate::tensor::{self, tensors};
use crate::{raw, text, Context, Dataset, Loss, Mask, Snapshot};
use std::cell::RefCell;

choice! {
    /// Schemes of initialisation.
    Scheme {
        /// Normal, standard deviation sqrt(2 / (fan_in + fan_out)).
        GlorotNormal = LOTTERY_INITIALISE_GLOROT_NORMAL,
        /// Uniform in ±sqrt(6 / (fan_in + fan_out)).
        GlorotUniform = LOTTERY_INITIALISE_GLOROT_UNIFORM,
        /// Normal, standard deviation sqrt(2 / fan_in).
        KaimingNormal = LOTTERY_INITIALISE_KAIMING_NORMAL,
        /// Uniform in ±sqrt(6 / fan_in).
        KaimingUniform = LOTTERY_INITIALISE_KAIMING_UNIFORM,
    }
}
choice! {
    /// The form of a tensor.
    Form {
        /// All weights are held.
        Dense = LOTTERY_FORM_DENSE,
        /// Only surviving weights are held.
        Packed = LOTTERY_FORM_PACKED,
    }
}

/// A node of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Node(i32);

/// What a node of a graph is.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeInfo {
    /// The node.
    pub node: Node,
    /// "input", "dense", "relu", "tanh", "sigmoid", "add", or a kind of a later library.
    pub kind: &'static str,
    /// The nodes that it reads.
    pub inputs: Vec<Node>,
    /// Its shape.
    pub shape: Vec<usize>,
    /// The numbers that it was added with, by name: a dense layer's "units".
    pub attributes: Vec<(&'static str, f64)>,
    /// The numbers of its tensors: none before the network is finished.
    pub tensors: Vec<usize>,
}

/// Mean loss over a dataset, and how many answers are correct.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evaluation {
    /// The mean loss.
    pub loss: f64,
    /// Examples whose label has the largest output; 0 without labels.
    pub correct: usize,
}

/// A graph of nodes with its tensors. One thread at a time; see the crate's documentation for `&self` everywhere.
pub struct Network {
    pub(crate) handle: Handle<raw::lottery_network>,
    /// The mask that was set through this handle. It may belong to another context, which gets its messages, and the
    /// library's handle does not tell which.
    set: RefCell<Option<Mask>>,
}

// SAFETY of all calls below: valid handles, and pointers to as many elements as is said.
impl Network {
    pub(crate) fn new(handle: Handle<raw::lottery_network>) -> Network {
        Network { handle, set: RefCell::new(None) }
    }

    /// An empty network, to be built node by node and finished.
    pub fn create(context: &Context) -> Result<Network> {
        Handle::create(context, |out| unsafe { raw::lottery_network_create(context.raw(), out) }).map(Network::new)
    }

    /// A finished network by name: "lenet-300-100", or "mlp-I-N-…-O" for any sizes.
    pub fn preset(context: &Context, name: &str) -> Result<Network> {
        let name = text::from_str("name", name)?;
        Handle::create(context, |out| unsafe { raw::lottery_network_preset(context.raw(), name.as_ptr(), out) })
            .map(Network::new)
    }

    /// A network of its own with the same graph, options, instruction set, mask and weights.
    pub fn copy(&self) -> Result<Network> {
        let network = self.handle.raw();
        let handle = Handle::create(self.handle.context(), |out| unsafe { raw::lottery_network_copy(network, out) })?;
        Ok(Network { handle, set: RefCell::new(self.set.borrow().clone()) })
    }

    fn node(&self, call: impl FnOnce(*mut raw::lottery_network, *mut i32) -> raw::lottery_status) -> Result<Node> {
        self.handle.number(call).map(Node)
    }

    /// Adds the input node, which must be the first: (features) or (channels, height, width).
    pub fn input(&self, shape: &[usize]) -> Result<Node> {
        let (rank, shape) = raw_shape(shape);
        self.node(|network, out| unsafe { raw::lottery_network_input(network, rank, shape.as_ptr(), out) })
    }

    /// Adds a fully connected layer.
    pub fn dense(&self, input: Node, units: usize) -> Result<Node> {
        let units = text::count(units);
        self.node(|network, out| unsafe { raw::lottery_network_dense(network, input.0, units, out) })
    }

    /// Adds max(0, x).
    pub fn relu(&self, input: Node) -> Result<Node> {
        self.node(|network, out| unsafe { raw::lottery_network_relu(network, input.0, out) })
    }

    /// Adds tanh(x).
    pub fn tanh(&self, input: Node) -> Result<Node> {
        self.node(|network, out| unsafe { raw::lottery_network_tanh(network, input.0, out) })
    }

    /// Adds 1 / (1 + exp(-x)).
    pub fn sigmoid(&self, input: Node) -> Result<Node> {
        self.node(|network, out| unsafe { raw::lottery_network_sigmoid(network, input.0, out) })
    }

    /// Adds the sum of two nodes of one shape.
    pub fn add(&self, first: Node, second: Node) -> Result<Node> {
        self.node(|network, out| unsafe { raw::lottery_network_add(network, first.0, second.0, out) })
    }

    /// Sets an option of [`option::node`] before the network is finished.
    pub fn set_node<V: Value<Carrier = i64>>(&self, node: Node, key: Key<NodeOption, V>, value: V) -> Result<()> {
        let (key, value) = (key.to_raw(), value.into_carrier());
        let status = unsafe { raw::lottery_network_node_set_integer(self.handle.raw(), node.0, key, value) };
        self.handle.check(status).map(drop)
    }

    /// The value of a node's option.
    pub fn get_node<V: Value<Carrier = i64>>(&self, node: Node, key: Key<NodeOption, V>) -> Result<V> {
        let key = key.to_raw();
        V::from_carrier(
            self.handle
                .number(|network, out| unsafe { raw::lottery_network_node_get_integer(network, node.0, key, out) })?,
        )
    }

    /// The shape of a node.
    pub fn node_shape(&self, node: Node) -> Result<Vec<usize>> {
        tensor::shape(|capacity, shape, rank| {
            let network = self.handle.raw();
            let status = unsafe { raw::lottery_network_node_shape(network, node.0, capacity, shape, rank) };
            self.handle.check(status).map(drop)
        })
    }

    /// The graph, also while it is built: its nodes in the order in which they were added.
    pub fn nodes(&self) -> Result<Vec<NodeInfo>> {
        let count: i64 = self.handle.number(|network, out| unsafe { raw::lottery_network_node_count(network, out) })?;
        let finished = match self.tensor_count() {
            Err(error) if error.status() == Status::State => false,
            count => count.map(|_| true)?,
        };
        (0..count as i32).map(|number| self.node_info(Node(number), finished)).collect()
    }

    /// What a function gives that takes capacity, array and count: asked for its length first.
    fn list<T: Clone + Default>(&self, give: impl Fn(i64, *mut T, *mut i64) -> raw::lottery_status) -> Result<Vec<T>> {
        let mut count = 0;
        self.handle.check(give(0, std::ptr::null_mut(), &mut count))?;
        let mut values = vec![T::default(); text::size(count)];
        self.handle.check(give(count, values.as_mut_ptr(), &mut count))?;
        Ok(values)
    }

    fn node_info(&self, node: Node, finished: bool) -> Result<NodeInfo> {
        let network = self.handle.raw();
        let mut kind = std::ptr::null();
        self.handle.check(unsafe { raw::lottery_network_node_kind(network, node.0, &mut kind) })?;
        let inputs = self.list(|capacity, inputs, count| unsafe {
            raw::lottery_network_node_inputs(network, node.0, capacity, inputs, count)
        })?;
        let inputs = inputs.into_iter().map(Node).collect();
        let tensors = if finished {
            self.list(|capacity, tensors, count| unsafe {
                raw::lottery_network_node_tensors(network, node.0, capacity, tensors, count)
            })?
        } else {
            Vec::new()
        };
        let tensors = tensors.into_iter().map(text::size).collect();
        let count: i64 = self
            .handle
            .number(|network, out| unsafe { raw::lottery_network_node_attribute_count(network, node.0, out) })?;
        let attributes = (0..count).map(|index| self.attribute(node, index)).collect::<Result<_>>()?;
        // SAFETY: a constant string of the library.
        let kind = unsafe { text::constant(kind) };
        Ok(NodeInfo { node, kind, inputs, shape: self.node_shape(node)?, attributes, tensors })
    }

    fn attribute(&self, node: Node, index: i64) -> Result<(&'static str, f64)> {
        let (mut name, mut value) = (std::ptr::null(), 0.0);
        self.handle.check(unsafe {
            raw::lottery_network_node_attribute(self.handle.raw(), node.0, index, &mut name, &mut value)
        })?;
        // SAFETY: a constant string of the library.
        Ok((unsafe { text::constant(name) }, value))
    }

    /// The output node of a finished network.
    pub fn output(&self) -> Result<Node> {
        self.node(|network, out| unsafe { raw::lottery_network_output(network, out) })
    }

    /// Finishes the graph. On an error it can be changed and finished again.
    pub fn finish(&self, output: Node) -> Result<()> {
        self.handle.check(unsafe { raw::lottery_network_finish(self.handle.raw(), output.0) }).map(drop)
    }

    /// The numbers of input and output features.
    pub fn sizes(&self) -> Result<(usize, usize)> {
        let (mut inputs, mut outputs) = (0, 0);
        self.handle.check(unsafe { raw::lottery_network_sizes(self.handle.raw(), &mut inputs, &mut outputs) })?;
        Ok((text::size(inputs), text::size(outputs)))
    }

    /// Fills the weights from a seed and sets the biases to 0; pruned weights stay 0.
    pub fn initialise(&self, scheme: Scheme, seed: u64) -> Result<()> {
        let status = unsafe { raw::lottery_network_initialise(self.handle.raw(), scheme.to_raw(), seed) };
        self.handle.check(status).map(drop)
    }

    tensors!(lottery_network_tensor_count, lottery_network_tensor_name, lottery_network_tensor_shape);

    /// The number of the tensor of this name.
    pub fn tensor_find(&self, name: &str) -> Result<usize> {
        let name = text::from_str("name", name)?;
        let number = self
            .handle
            .number(|network, out| unsafe { raw::lottery_network_tensor_find(network, name.as_ptr(), out) })?;
        Ok(text::size(number))
    }

    /// The form that a tensor has now, and the bytes of its weights and of the index that finds them.
    pub fn tensor_form(&self, tensor: usize) -> Result<(Form, usize)> {
        let (mut form, mut bytes) = (0, 0);
        let tensor = text::count(tensor);
        self.handle
            .check(unsafe { raw::lottery_network_tensor_form(self.handle.raw(), tensor, &mut form, &mut bytes) })?;
        Ok((Form::from_raw(form)?, text::size(bytes)))
    }

    /// Whether masks cover a tensor: weights, not biases.
    pub fn tensor_prunable(&self, tensor: usize) -> Result<bool> {
        let tensor = text::count(tensor);
        let prunable: i32 =
            self.handle.number(|network, out| unsafe { raw::lottery_network_tensor_prunable(network, tensor, out) })?;
        Ok(prunable != 0)
    }

    /// A tensor's values.
    pub fn read_tensor(&self, tensor: usize) -> Result<Vec<f32>> {
        let mut values = vec![0.0; self.tensor_size(tensor)?];
        let (number, count) = (text::count(tensor), text::count(values.len()));
        let status = unsafe { raw::lottery_network_read_tensor(self.handle.raw(), number, values.as_mut_ptr(), count) };
        self.handle.check(status)?;
        Ok(values)
    }

    /// Sets a tensor's values; pruned weights stay 0.
    pub fn write_tensor(&self, tensor: usize, values: &[f32]) -> Result<()> {
        let (tensor, count) = (text::count(tensor), text::count(values.len()));
        let status = unsafe { raw::lottery_network_write_tensor(self.handle.raw(), tensor, values.as_ptr(), count) };
        self.handle.check(status).map(drop)
    }

    /// Sets an option of [`option::network`].
    pub fn set<V: Value>(&self, key: Key<raw::lottery_network, V>, value: V) -> Result<()>
    where
        raw::lottery_network: Store<V::Carrier>,
    {
        option::set(&self.handle, key, value)
    }

    /// The value of an option.
    pub fn get<V: Value>(&self, key: Key<raw::lottery_network, V>) -> Result<V>
    where
        raw::lottery_network: Store<V::Carrier>,
    {
        option::get(&self.handle, key)
    }

    /// Sets the mask and zeroes the weights that it prunes; `None` removes the mask.
    pub fn set_mask(&self, mask: Option<&Mask>) -> Result<()> {
        self.handle.check(unsafe { raw::lottery_network_set_mask(self.handle.raw(), Mask::raw_or_null(mask)) })?;
        self.note_mask(mask);
        Ok(())
    }

    /// Every successful call that sets the network's mask ends with this.
    pub(crate) fn note_mask(&self, mask: Option<&Mask>) {
        let previous = self.set.replace(mask.cloned());
        drop(previous);
    }

    /// The network's mask, or a mask of ones if it has none.
    pub fn mask(&self) -> Result<Mask> {
        if let Some(mask) = &*self.set.borrow() {
            return Ok(mask.clone());
        }
        let network = self.handle.raw();
        Handle::create(self.handle.context(), |out| unsafe { raw::lottery_network_get_mask(network, out) })
            .map(Mask::new)
    }

    /// Checks that every weight that `mask` (`None`: the network's own) prunes is exactly 0.
    pub fn check_mask(&self, mask: Option<&Mask>) -> Result<()> {
        let nowhere = std::ptr::null_mut();
        let status =
            unsafe { raw::lottery_network_check_mask(self.handle.raw(), Mask::raw_or_null(mask), nowhere, nowhere) };
        self.handle.check(status).map(drop)
    }

    /// Runs the network. `inputs`: examples one after another; `outputs`: room for as many of the outputs.
    pub fn predict(&self, inputs: &[f32], outputs: &mut [f32]) -> Result<()> {
        let (features, results) = self.sizes()?;
        let examples = examples(inputs, features)?;
        check_length("outputs", outputs.len(), examples * results)?;
        let count = text::count(examples);
        let status =
            unsafe { raw::lottery_network_predict(self.handle.raw(), count, inputs.as_ptr(), outputs.as_mut_ptr()) };
        self.handle.check(status).map(drop)
    }

    /// Mean loss and correct answers over a dataset.
    pub fn evaluate(&self, dataset: &Dataset, loss: Loss) -> Result<Evaluation> {
        let (dataset, kind) = (dataset.handle.raw(), loss.to_raw());
        let (mut loss, mut correct) = (0.0, 0);
        self.handle.check(unsafe {
            raw::lottery_network_evaluate(self.handle.raw(), dataset, kind, &mut loss, &mut correct)
        })?;
        Ok(Evaluation { loss, correct: text::size(correct) })
    }

    /// Saves the weights of a network without a trainer.
    pub fn snapshot(&self) -> Result<Snapshot> {
        let network = self.handle.raw();
        Handle::create(self.handle.context(), |out| unsafe { raw::lottery_network_snapshot(network, out) })
            .map(Snapshot::new)
    }

    /// Writes a snapshot's weights into the tensors of the same name and shape. Returns the library's list of tensors
    /// without a match, if there are any.
    pub fn restore(&self, snapshot: &Snapshot) -> Result<Option<String>> {
        let status = unsafe { raw::lottery_network_restore(self.handle.raw(), snapshot.handle.raw()) };
        match self.handle.check(status)? {
            raw::LOTTERY_PARTIAL => self.handle.context().message().map(Some),
            _ => Ok(None),
        }
    }
}

/// How many examples a slice of inputs has.
pub(crate) fn examples(inputs: &[f32], features: usize) -> Result<usize> {
    if inputs.len() % features == 0 {
        return Ok(inputs.len() / features);
    }
    let message = format!("inputs: {} elements are not a whole number of examples of {}", inputs.len(), features);
    Err(Error::new(Status::Shape, message))
}
