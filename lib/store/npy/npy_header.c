/* Writing and reading the header of a .npy file. */
#include "store/npy/npy_header.h"

#include <stdio.h>
#include <string.h>

#include "base/arithmetic.h"
#include "base/context.h"

enum { ALIGNMENT = 64, EXCERPT = 40 };

/* What follows '<' (little-endian), '>' (big-endian) or '|' (one byte) in a file. */
static const struct {
  const char *code, *name;
} types[DTYPE_COUNT] = {
    [DTYPE_BOOL] = {"b1", "bool"},  [DTYPE_U8] = {"u1", "uint8"},  [DTYPE_I8] = {"i1", "int8"},
    [DTYPE_U16] = {"u2", "uint16"}, [DTYPE_I16] = {"i2", "int16"}, [DTYPE_F16] = {"f2", "float16"},
    [DTYPE_U32] = {"u4", "uint32"}, [DTYPE_I32] = {"i4", "int32"}, [DTYPE_F32] = {"f4", "float32"},
    [DTYPE_U64] = {"u8", "uint64"}, [DTYPE_I64] = {"i8", "int64"}, [DTYPE_F64] = {"f8", "float64"},
};

const char *npy_dtype_name(int32_t dtype) { return types[dtype].name; }

bool npy_measure(struct npy *npy) {
  bool fits = true;
  npy->count = 1;
  for (int32_t i = 0; fits && i < npy->rank; i++) fits = arithmetic_multiply(npy->count, npy->shape[i], &npy->count);
  return fits && arithmetic_multiply(npy->count, dtype_size(npy->elements.dtype), &npy->bytes);
}

int64_t npy_write_header(const struct npy *npy, char header[NPY_HEADER_CAPACITY]) {
  int used = NPY_PREFIX;
  used += snprintf(header + used, (size_t)(NPY_HEADER_CAPACITY - used),
                   "{'descr': '%c%s', 'fortran_order': False, 'shape': (",
                   dtype_size(npy->elements.dtype) > 1 ? '<' : '|', types[npy->elements.dtype].code);
  for (int32_t i = 0; i < npy->rank; i++) /* "(3,)" is Python's tuple of one */
    used += snprintf(header + used, (size_t)(NPY_HEADER_CAPACITY - used), "%s%lld%s", i > 0 ? " " : "",
                     (long long)npy->shape[i], i + 1 < npy->rank || npy->rank == 1 ? "," : "");
  used += snprintf(header + used, (size_t)(NPY_HEADER_CAPACITY - used), "), }");
  const int64_t length = arithmetic_round_up(used + 1, ALIGNMENT); /* with a new line at the end */
  memset(header + used, ' ', (size_t)(length - used));
  header[length - 1] = '\n';
  static const unsigned char start[] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
  memcpy(header, start, sizeof start);
  header[8] = (char)((length - NPY_PREFIX) % 256);
  header[9] = (char)((length - NPY_PREFIX) / 256);
  return length;
}

/* --- Reading --- */

struct reader {
  struct lottery_context *context;
  const char *path;
  const char *at, *end;
};

/* What was expected, and what there is from `from` on, in printable characters. */
static lottery_status fail(const struct reader *reader, const char *expected, const char *from) {
  char found[EXCERPT + 1] = "the end of the header";
  const int64_t length = arithmetic_minimum(reader->end - from, EXCERPT);
  for (int64_t i = 0; i < length; i++) {
    found[i] = from[i];
    if (from[i] < ' ' || from[i] > '~') found[i] = '?';
  }
  if (length > 0) found[length] = '\0';
  return context_fail(reader->context, LOTTERY_ERROR_FORMAT, "path: %.512s: expected %s, found %s", reader->path,
                      expected, found);
}

static void skip_spaces(struct reader *reader) {
  while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\n')) reader->at++;
}

/* Takes the word if it comes next. */
static bool take_here(struct reader *reader, const char *word) {
  const int64_t length = (int64_t)strlen(word);
  if (reader->end - reader->at < length || memcmp(reader->at, word, (size_t)length) != 0) return false;
  reader->at += length;
  return true;
}

static bool take(struct reader *reader, const char *word) {
  skip_spaces(reader);
  return take_here(reader, word);
}

/* The same for a text in quotes of either kind. */
static bool take_text(struct reader *reader, const char *text) {
  skip_spaces(reader);
  const char *start = reader->at;
  for (int single = 0; single < 2; single++) {
    const char *quote = single ? "'" : "\"";
    if (take_here(reader, quote) && take_here(reader, text) && take_here(reader, quote)) return true;
    reader->at = start;
  }
  return false;
}

static lottery_status read_descr(struct reader *reader, struct npy *npy) {
  static const char orders[] = "<>|";
  for (int32_t dtype = 0; dtype < DTYPE_COUNT; dtype++)
    for (const char *order = orders; types[dtype].code != NULL && *order != '\0'; order++) {
      const char descr[] = {*order, types[dtype].code[0], types[dtype].code[1], '\0'};
      if ((*order == '|') == (dtype_size(dtype) > 1) || !take_text(reader, descr)) continue;
      npy->elements = (struct elements){dtype, *order == '>'};
      return LOTTERY_OK;
    }
  return fail(reader, "elements of bool, int8 to int64, uint8 to uint64, or float16 to float64", reader->at);
}

static lottery_status read_order(struct reader *reader, struct npy *npy) {
  const char *start = reader->at;
  npy->fortran = take(reader, "True");
  if (npy->fortran || take(reader, "False")) return LOTTERY_OK;
  return fail(reader, "fortran_order to be False or True", start);
}

static bool take_size(struct reader *reader, int64_t *size) {
  skip_spaces(reader);
  const char *start = reader->at;
  bool fits = true;
  for (*size = 0; fits && reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9'; reader->at++)
    fits = arithmetic_multiply(*size, 10, size) && arithmetic_add(*size, *reader->at - '0', size);
  if (reader->at > start && fits) return true;
  reader->at = start;
  return false;
}

static lottery_status read_shape(struct reader *reader, struct npy *npy) {
  if (!take(reader, "(")) return fail(reader, "a shape in parentheses", reader->at);
  bool more = true, comma = false;
  for (npy->rank = 0; !take(reader, ")"); npy->rank++) {
    if (npy->rank == NPY_RANK_LIMIT)
      return context_fail(reader->context, LOTTERY_ERROR_FORMAT, "path: %.512s: expected at most %d dimensions",
                          reader->path, NPY_RANK_LIMIT);
    if (!more || !take_size(reader, &npy->shape[npy->rank]))
      return fail(reader, "a shape of sizes from 0 to 2^63 - 1 with commas between", reader->at);
    more = comma = take(reader, ",");
  }
  if (npy->rank == 1 && !comma) return fail(reader, "a comma after the one size of a shape", reader->at - 1);
  return LOTTERY_OK;
}

static lottery_status read_entries(struct reader *reader, struct npy *npy) {
  enum { DESCR = 1, ORDER = 2, SHAPE = 4, ALL = 7 };
  int seen = 0;
  bool more = true;
  while (!take(reader, "}")) {
    const char *start = reader->at;
    const int key = take_text(reader, "descr")           ? DESCR
                    : take_text(reader, "fortran_order") ? ORDER
                    : take_text(reader, "shape")         ? SHAPE
                                                         : 0;
    if (!more || key == 0 || (seen & key) != 0 || !take(reader, ":"))
      return fail(reader, "the keys descr, fortran_order and shape, each once", start);
    seen |= key;
    skip_spaces(reader);
    const lottery_status status = key == DESCR   ? read_descr(reader, npy)
                                  : key == ORDER ? read_order(reader, npy)
                                                 : read_shape(reader, npy);
    if (status != LOTTERY_OK) return status;
    more = take(reader, ",");
  }
  return seen == ALL ? LOTTERY_OK : fail(reader, "the keys descr, fortran_order and shape", reader->at - 1);
}

lottery_status npy_read_dictionary(struct lottery_context *context, const char *path, const char *text, int64_t length,
                                   struct npy *out) {
  struct reader reader = {.context = context, .path = path, .at = text, .end = text + length};
  *out = (struct npy){0};
  if (!take(&reader, "{")) return fail(&reader, "a dictionary", reader.at);
  const lottery_status status = read_entries(&reader, out);
  if (status != LOTTERY_OK) return status;
  skip_spaces(&reader);
  if (reader.at < reader.end) return fail(&reader, "nothing after the dictionary", reader.at);
  if (text[length - 1] != '\n')
    return context_fail(context, LOTTERY_ERROR_FORMAT, "path: %.512s: expected a header that ends with a new line",
                        path);
  if (npy_measure(out)) return LOTTERY_OK;
  return context_fail(context, LOTTERY_ERROR_FORMAT, "path: %.512s: its shape has more bytes than fit into 2^63 - 1",
                      path);
}
