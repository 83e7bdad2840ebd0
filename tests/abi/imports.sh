#!/bin/sh
# Checks what the library asks of its surroundings: our own objects call nothing that ends the process, prints, reads the
# environment or the clock, or allocates past the context's allocator; the default allocator's file alone may call the C
# library's, the file that saves alone the system's random numbers. The shared library needs libc, libm and zlib only; neither
# library mentions BLIS's framework.
#   imports.sh OBJECTS_FILE SHARED_LIBRARY STATIC_LIBRARY     (OBJECTS_FILE: one object's path a line)
#   imports.sh --self-test
set -eu
LC_ALL=C
export LC_ALL

# The one file that wraps the C library's allocator, and what it may call.
allocator_object='/api/context\.c\.o'
allocator_imports='malloc|calloc|realloc|free|aligned_alloc|posix_memalign'

ending='abort|exit|_exit|_Exit|quick_exit|atexit|on_exit|__cxa_atexit|__assert_fail|__assert|raise|kill|longjmp|siglongjmp|_?setjmp|sigsetjmp|__sigsetjmp|__longjmp_chk'
printing='printf|vprintf|fprintf|vfprintf|dprintf|vdprintf|__v?f?d?printf_chk|puts|fputs|putc|fputc|putchar|_IO_putc|fwrite|perror|psignal|syslog|vsyslog|stdin|stdout|stderr'
process='signal|sigaction|bsd_signal|__sysv_signal|getenv|secure_getenv|__secure_getenv|setenv|unsetenv|putenv|clearenv|environ|__environ|setlocale|chdir|umask|fork|vfork|system|popen|execve?|execvp|setrlimit|setpriority|sched_setaffinity|pthread_setaffinity_np|fesetround|fesetenv|fesetexceptflag|srand|rand|random|srandom|drand48|srand48'
files='fopen|fopen64|fdopen|freopen|freopen64|tmpfile|tmpfile64'
clock='time|clock|clock_gettime|gettimeofday|times|ftime|getrusage'
# Randomness comes from the host's seeds; the one file that saves takes the system's for its temporary names.
entropy='getentropy|getrandom'
saving_object='/store/disk/file\.c\.o'
saving_imports='getrandom'
memory="$allocator_imports|strdup|strndup|__strdup|asprintf|vasprintf|__v?asprintf_chk|getline|getdelim|mmap|mmap64|sbrk|brk|memalign|valloc|reallocarray|alloca"
# zlib's file layer allocates by itself; its inflate takes an allocator.
zlib='gzopen|gzopen64|gzdopen|compress|compress2|uncompress|uncompress2'
# Their results change with the CPU that runs them: base/elementary has ours.
arithmetic='(exp|exp2|exp10|expm1|log|log2|log10|log1p|pow|sin|cos|tan|sincos|asin|acos|atan|atan2|sinh|cosh|tanh|erf|erfc|tgamma|lgamma|cbrt|hypot)[fl]?'
forbidden="$ending|$printing|$process|$files|$clock|$entropy|$memory|$zlib|$arithmetic"

check_objects() { # check_objects OBJECTS_FILE
  [ -s "$1" ] || { echo "no objects in $1"; return 1; }
  while IFS= read -r object; do
    [ -z "$object" ] || [ -f "$object" ] || { echo "no such object: $object"; return 1; }
  done <"$1"
  # "path: U name", without a symbol's version
  imports=$(tr '\n' '\0' <"$1" | xargs -0 nm -A -u | sed 's/@.*//')
  [ -n "$imports" ] || { echo "nm finds no imports at all"; return 1; }
  calls=$(printf '%s\n' "$imports" | grep -E " ($forbidden)\$" | grep -vE "$allocator_object: +U ($allocator_imports)\$|$saving_object: +U ($saving_imports)\$") ||
    return 0
  printf '%s\n' "$calls" | sed -E 's|^.*/CMakeFiles/||; s|: +U | calls |'
  return 1
}

check_libraries() { # check_libraries SHARED STATIC
  faults=0
  if readelf -d "$1" | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p' | grep -vxE 'libc\.so\.6|libm\.so\.6|libz\.so\.1|ld-linux[-a-z0-9_]*\.so\.[0-9]'; then
    echo "needed above: a library beyond libc, libm and zlib"
    faults=1
  fi
  for library in "$1" "$2"; do
    if [ "$library" = "$1" ]; then dynamic=-D; else dynamic=; fi
    if nm $dynamic -u "$library" 2>/dev/null | awk '{print $NF}' | sed 's/@.*//' |
      grep -xE "$ending|$printing|$process|$files|$clock|bli_.*|cblas_.*|.*gemm_"; then
      echo "undefined above in $library: BLIS's framework, or what only that would call"
      faults=1
    fi
  done
  if ! readelf -d "$1" | grep -qE '\(SONAME\).*\[liblottery\.so\.0\]'; then
    echo "the SONAME of $1 is not liblottery.so.0"
    faults=1
  fi
  return $faults
}

self_test() {
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  compiler=${CC:-cc}
  failed=0
  one() { # one FILE "declaration" "call": compiles an object that makes the call
    mkdir -p "$work/${1%/*}"
    printf '#include <stdint.h>\n#include <stddef.h>\n%s\nvoid use(void);\nvoid use(void) { %s; }\n' "$2" "$3" >"$work/part.c"
    $compiler -fno-builtin -c "$work/part.c" -o "$work/$1"
    printf '%s\n' "$work/$1" >"$work/objects"
  }
  refuse() {
    one model/part.c.o "$1" "$2"
    if check_objects "$work/objects" >/dev/null; then
      echo "not noticed: $2"
      failed=1
    fi
  }
  refuse 'void abort(void);' 'abort()'
  refuse 'void exit(int);' 'exit(1)'
  refuse 'int printf(const char *, ...);' 'printf("x")'
  refuse 'int puts(const char *);' 'puts("x")'
  refuse 'void signal(int, void (*)(int));' 'signal(2, 0)'
  refuse 'char *getenv(const char *);' 'getenv("x")'
  refuse 'int setenv(const char *, const char *, int);' 'setenv("x", "y", 1)'
  refuse 'void *fopen(const char *, const char *);' 'fopen("x", "r")'
  refuse 'int rand(void);' 'rand()'
  refuse 'long time(long *);' 'time(0)'
  refuse 'long clock(void);' 'clock()'
  refuse 'int getrandom(void *, size_t, unsigned);' 'getrandom(0, 0, 0)'
  refuse 'void *malloc(size_t);' 'malloc(1)'
  refuse 'void free(void *);' 'free(0)'
  refuse 'float expf(float);' 'expf(1)'
  refuse 'double pow(double, double);' 'pow(1, 2)'
  one model/part.c.o 'double sqrt(double); int snprintf(char *, size_t, const char *, ...);' 'sqrt(2); snprintf(0, 0, "x")'
  check_objects "$work/objects" || { echo "an object that keeps the rules is refused"; failed=1; }
  one api/context.c.o 'void *malloc(size_t);' 'malloc(1)'
  check_objects "$work/objects" || { echo "the default allocator is refused its malloc"; failed=1; }
  one store/disk/file.c.o 'int getrandom(void *, size_t, unsigned);' 'getrandom(0, 0, 0)'
  check_objects "$work/objects" || { echo "the temporary names are refused their getrandom"; failed=1; }
  one api/context.c.o 'void abort(void);' 'abort()'
  check_objects "$work/objects" >/dev/null && { echo "not noticed: abort in the default allocator"; failed=1; }
  : >"$work/objects"
  check_objects "$work/objects" >/dev/null && { echo "not noticed: no objects"; failed=1; }
  return $failed
}

case ${1-} in
  --self-test) self_test ;;
  *) [ $# = 3 ] || { echo "usage: $0 OBJECTS_FILE SHARED_LIBRARY STATIC_LIBRARY | --self-test" >&2; exit 2; }
     result=0
     check_objects "$1" || result=1
     check_libraries "$2" "$3" || result=1
     exit $result ;;
esac
