#include "config/config.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace tickgate::config {

namespace {

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0)
            ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return fd_; }

private:
    int fd_;
};

FileText failed(std::string why) { return {std::move(why), {}, false}; }
FileText failed(int number) { return failed(std::generic_category().message(number)); }

} // namespace

FileText read_file(const std::string& path, std::size_t limit) {
    if (path.find('\0') != std::string::npos)
        return failed(ENOENT);
    // Not blocking: a FIFO without a writer must not hang the start.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat info {};
    if (file.get() < 0 || ::fstat(file.get(), &info) != 0)
        return failed(errno);
    if (!S_ISREG(info.st_mode))
        return failed("not a regular file");

    FileText out;
    out.world_readable = (info.st_mode & S_IROTH) != 0;
    char buffer[16384];
    for (;;) {
        const ssize_t n = ::read(file.get(), buffer, sizeof buffer);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(errno);
        if (n == 0)
            return out;
        out.text.append(buffer, static_cast<std::size_t>(n));
        if (out.text.size() > limit)
            return failed("larger than " + std::to_string(limit) + " bytes");
    }
}

std::optional<std::string> process_environment(std::string_view name) {
    const char* value = std::getenv(std::string(name).c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
}

} // namespace tickgate::config
