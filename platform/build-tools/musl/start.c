/*
 * The first code of an executable for musl systems. The runtime needs libstdc++ and libgcc_s, which a plain musl system
 * does not have, and the loader opens libraries by name only. So the executable has no interpreter of its own: the
 * kernel starts this, which lays the two libraries that are inside the file into memory files, under the descriptors
 * that the runtime's list of libraries names (/proc/self/fd/N), and starts the system's loader on the same file.
 *
 * `start.ts` puts it in; `./compile.sh` makes the bytes in `start.json` from it. No C library, no writable data.
 */
typedef unsigned long word;

struct library { word offset, size, descriptor; };
struct config { char loader[64]; word entry; struct library libraries[2]; };
/* Written behind the code by start.ts. */
extern const struct config config __attribute__((visibility("hidden")));

#if defined(__x86_64__)
enum { WRITE = 1, CLOSE = 3, SENDFILE = 40, EXECVE = 59, EXIT = 60, OPENAT = 257, DUP3 = 292, MEMFD_CREATE = 319 };
static word call(word number, word a, word b, word c, word d) {
  register word r10 __asm__("r10") = d;
  __asm__ volatile("syscall" : "+a"(number) : "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
  return number;
}
__asm__(".section .start,\"ax\"\n.globl _start\n_start: mov %rsp, %rbx\n mov %rsp, %rdi\n"
        " and $-16, %rsp\n call start\n mov %rbx, %rsp\n xor %edx, %edx\n jmp *%rax\n.text");
#elif defined(__aarch64__)
enum { WRITE = 64, CLOSE = 57, SENDFILE = 71, EXECVE = 221, EXIT = 93, OPENAT = 56, DUP3 = 24, MEMFD_CREATE = 279 };
static word call(word number, word a, word b, word c, word d) {
  register word x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c,
                x3 __asm__("x3") = d;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
  return x0;
}
__asm__(".section .start,\"ax\"\n.globl _start\n_start: mov x0, sp\n mov x19, sp\n"
        " bl start\n mov sp, x19\n mov x16, x0\n mov x0, #0\n br x16\n.text");
#endif

#define CURRENT_FOLDER ((word)-100)
#define AT_EXECFN 31
#define FAILED(result) ((long)(result) < 0)

__attribute__((noreturn)) static void fail(const char *text, word length) {
  call(WRITE, 2, (word)text, length, 0);
  call(EXIT, 127, 0, 0, 0);
  __builtin_unreachable();
}
#define FAIL(text) fail("error: " text "\n", sizeof "error: " text)

static void lay_out(word file, const struct library *library) {
  word memory = call(MEMFD_CREATE, (word) "library", 0, 0, 0), offset = library->offset, left = library->size;
  if (FAILED(memory)) FAIL("no memory file could be made; this needs Linux 3.17 or later");
  while (left > 0) {
    word sent = call(SENDFILE, memory, file, (word)&offset, left);
    if ((long)sent <= 0) FAIL("the C++ library could not be read from the executable; copy it again");
    left -= sent;
  }
  if (memory == library->descriptor) return;
  if (FAILED(call(DUP3, memory, library->descriptor, 0, 0))) FAIL("too few files may be open; raise ulimit -n to 256");
  call(CLOSE, memory, 0, 0, 0);
}

/* The loader comes here as well, in the end: then the runtime's own entry is what is left to call. */
static int is_loaded(const char *program) {
  const char *loader = config.loader;
  while (*loader && *loader == *program) loader++, program++;
  return *loader == *program;
}

/* Returns the address to go on at. */
__attribute__((used)) word start(word *stack) {
  word count = stack[0];
  char **arguments = (char **)(stack + 1), **environment = arguments + count + 1, **end = environment;
  while (*end) end++;
  const char *path = 0;
  for (word *entry = (word *)(end + 1); entry[0]; entry += 2)
    if (entry[0] == AT_EXECFN) path = (const char *)entry[1];

  if (path && is_loaded(path)) return config.entry;
  word file = call(OPENAT, CURRENT_FOLDER, (word)path, 0, 0);
  if (!path || FAILED(file)) FAIL("the executable cannot read itself; it needs permission to read, not only to run");
  lay_out(file, &config.libraries[0]);
  lay_out(file, &config.libraries[1]);
  call(CLOSE, file, 0, 0, 0);

  const char *next[count + 6];
  word n = 0;
  next[n++] = config.loader;
  next[n++] = "--argv0";
  next[n++] = count ? arguments[0] : path;
  next[n++] = "--";
  next[n++] = path;
  for (word i = 1; i < count; i++) next[n++] = arguments[i];
  next[n] = 0;
  call(EXECVE, (word)config.loader, (word)next, (word)environment, 0);
  FAIL("this executable is for systems with musl; take the one from the folder linux");
}
