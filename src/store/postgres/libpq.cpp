#include "store/postgres/libpq.hpp"

#include <dlfcn.h>

#include <optional>

namespace tickgate::store::postgres {

namespace {

struct Loaded {
    std::optional<Libpq> functions;
    std::string problem;
};

Loaded load() {
    Loaded out;
    void* const library = ::dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL); // stays for the life of the process
    if (library == nullptr) {
        out.problem = "libpq.so.5 is not there; a postgresql:// store needs the package libpq5";
        return out;
    }
    Libpq f{};
    const auto find = [&](auto& function, const char* name) {
        function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
        if (function == nullptr)
            out.problem = std::string("libpq.so.5 has no ") + name;
    };
    find(f.connectdbParams, "PQconnectdbParams");
    find(f.finish, "PQfinish");
    find(f.status, "PQstatus");
    find(f.errorMessage, "PQerrorMessage");
    find(f.socket, "PQsocket");
    find(f.setnonblocking, "PQsetnonblocking");
    find(f.setNoticeProcessor, "PQsetNoticeProcessor");
    find(f.transactionStatus, "PQtransactionStatus");
    find(f.sendQuery, "PQsendQuery");
    find(f.sendQueryParams, "PQsendQueryParams");
    find(f.flush, "PQflush");
    find(f.consumeInput, "PQconsumeInput");
    find(f.isBusy, "PQisBusy");
    find(f.getResult, "PQgetResult");
    find(f.putCopyData, "PQputCopyData");
    find(f.putCopyEnd, "PQputCopyEnd");
    find(f.resultStatus, "PQresultStatus");
    find(f.resultErrorField, "PQresultErrorField");
    find(f.resultErrorMessage, "PQresultErrorMessage");
    find(f.cmdTuples, "PQcmdTuples");
    find(f.ntuples, "PQntuples");
    find(f.getvalue, "PQgetvalue");
    find(f.getlength, "PQgetlength");
    find(f.getisnull, "PQgetisnull");
    find(f.clear, "PQclear");
    if (out.problem.empty())
        out.functions = f;
    return out;
}

} // namespace

const Libpq* load_libpq(std::string& problem) {
    static const Loaded loaded = load();
    if (loaded.functions)
        return &*loaded.functions;
    problem = loaded.problem;
    return nullptr;
}

} // namespace tickgate::store::postgres
