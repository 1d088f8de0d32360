-- SPDX-License-Identifier: Apache-2.0
-- Requests that count: METHOD PATH FIRST [BODY], where each %d in path and body is the number of the request. Prints
-- what load.lua prints.
dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "load.lua")

local method, path, number, body

function init(arguments)
  method, path, number, body = arguments[1], arguments[2], tonumber(arguments[3]), arguments[4]
  if body then wrk.headers["Content-Type"] = "application/json" end
end

function request()
  local text = wrk.format(method, path:format(number), nil, body and body:format(number))
  number = number + 1
  return text
end
