-- Tables, closures and strings of Lua. Run by lxr-bench with the scale in thousandths.
local seed, counts = 1, {}
local function next_word()
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    return "w" .. seed % 5003
end
for _ = 1, tonumber(arg[1]) * 1200 do
    local word = next_word()
    counts[word] = (counts[word] or 0) + 1
end
local words = {}
for word in pairs(counts) do words[#words + 1] = word end
table.sort(words, function(a, b) return counts[a] > counts[b] or (counts[a] == counts[b] and a < b) end)
for i = 1, math.min(10, #words) do io.write(words[i], "=", counts[words[i]], " ") end
print()
