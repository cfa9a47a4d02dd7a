// libpq, loaded when a PostgreSQL store is opened: the program does not need it otherwise. For the sources of this
// folder only, since it shows the types of libpq.
#pragma once

#include <tickgate/error.hpp>

#include <libpq-fe.h>

#include <string>

namespace tickgate::store::postgres {

// Its functions, under their own names.
struct Libpq {
    decltype(&::PQconnectdbParams) connectdbParams;
    decltype(&::PQfinish) finish;
    decltype(&::PQstatus) status;
    decltype(&::PQerrorMessage) errorMessage;
    decltype(&::PQsocket) socket;
    decltype(&::PQsetnonblocking) setnonblocking;
    decltype(&::PQsetNoticeProcessor) setNoticeProcessor;
    decltype(&::PQtransactionStatus) transactionStatus;
    decltype(&::PQsendQuery) sendQuery;
    decltype(&::PQsendQueryParams) sendQueryParams;
    decltype(&::PQflush) flush;
    decltype(&::PQconsumeInput) consumeInput;
    decltype(&::PQisBusy) isBusy;
    decltype(&::PQgetResult) getResult;
    decltype(&::PQputCopyData) putCopyData;
    decltype(&::PQputCopyEnd) putCopyEnd;
    decltype(&::PQresultStatus) resultStatus;
    decltype(&::PQresultErrorField) resultErrorField;
    decltype(&::PQresultErrorMessage) resultErrorMessage;
    decltype(&::PQcmdTuples) cmdTuples;
    decltype(&::PQntuples) ntuples;
    decltype(&::PQgetvalue) getvalue;
    decltype(&::PQgetlength) getlength;
    decltype(&::PQgetisnull) getisnull;
    decltype(&::PQclear) clear;
};

// Loads the library at the first call. Null if it is not installed; `problem` then says what to install. Thread-safe.
const Libpq* load_libpq(std::string& problem);

} // namespace tickgate::store::postgres
