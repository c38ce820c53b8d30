// xenstored in the test process: a thread that keeps a tree of texts and answers requests.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "drivers/xen/store.hh"

class model_xen_store
{
  public:
    model_xen_store() : client(page, &model_xen_store::notify, 1)
    {
        instance = this;
        _thread = std::thread([this] { run(); });
    }
    ~model_xen_store()
    {
        {
            std::lock_guard guard(_mutex);
            _stopping = true;
        }
        _changed.notify_all();
        _thread.join();
    }

    /// As if another domain wrote it.
    void change(const std::string& path, const std::string& text)
    {
        {
            std::lock_guard guard(_mutex);
            texts[path] = text;
            fire(path);
        }
        client.interrupt();
    }

    xen::store_page page{};
    xen::store client;
    std::map<std::string, std::string> texts;
    /// An answer in place of the right one: type and payload.
    std::optional<std::pair<u32, std::string>> lie;

  private:
    struct header {
        u32 type, request, transaction, length;
    };
    static inline model_xen_store* instance = nullptr;

    static void notify(u32)
    {
        std::lock_guard guard(instance->_mutex);
        instance->_changed.notify_all();
    }

    void run()
    {
        std::unique_lock lock(_mutex);
        std::string got;
        while (!_stopping) {
            bool moved = false;
            while (page.request_consumer != std::atomic_ref(page.request_producer).load()) {
                got += static_cast<char>(page.requests[page.request_consumer % 1024]);
                std::atomic_ref(page.request_consumer).store(page.request_consumer + 1);
                moved = true;
            }
            header h;
            while (got.size() >= sizeof h) {
                memcpy(&h, got.data(), sizeof h);
                if (got.size() < sizeof h + h.length)
                    break;
                serve(h, got.substr(sizeof h, h.length));
                got.erase(0, sizeof h + h.length);
            }
            while (!_to_send.empty() &&
                   page.answer_producer - std::atomic_ref(page.answer_consumer).load() < 1024) {
                page.answers[page.answer_producer % 1024] = static_cast<std::byte>(_to_send[0]);
                std::atomic_ref(page.answer_producer).store(page.answer_producer + 1);
                _to_send.erase(0, 1);
                moved = true;
            }
            if (moved) {
                lock.unlock();
                client.interrupt();
                lock.lock();
            } else {
                _changed.wait_for(lock, std::chrono::milliseconds(2));
            }
        }
    }

    void send(const header& to, u32 type, const std::string& payload)
    {
        const header h{type, to.request, to.transaction, static_cast<u32>(payload.size())};
        _to_send += std::string(reinterpret_cast<const char*>(&h), sizeof h) + payload;
    }
    void fire(const std::string& path)
    {
        for (const auto& [watched, token] : _watches)
            if (path.starts_with(watched))
                send({}, 15, path + '\0' + token + '\0');
    }

    void serve(const header& h, const std::string& payload)
    {
        if (lie)
            return send(h, lie->first, lie->second);
        const std::string path = payload.substr(0, payload.find('\0'));
        const std::string rest = payload.substr(path.size() + 1);
        if (h.type == 11) {
            texts[path] = rest;
            send(h, h.type, std::string("OK\0", 3));
            fire(path);
        } else if (h.type == 4) {
            _watches.emplace_back(path, rest.substr(0, rest.find('\0')));
            send(h, h.type, std::string("OK\0", 3));
            fire(path);
        } else if (h.type == 2) {
            texts.contains(path) ? send(h, h.type, texts[path]) : send(h, 16, std::string("ENOENT\0", 7));
        } else if (h.type == 1) {
            std::string names;
            for (const auto& [name, text] : texts)
                if (name.starts_with(path + "/"))
                    names += name.substr(path.size() + 1) + '\0';
            send(h, h.type, names);
        } else {
            send(h, 16, std::string("EINVAL\0", 7));
        }
    }

    std::mutex _mutex;
    std::condition_variable _changed;
    std::thread _thread;
    bool _stopping = false;
    std::string _to_send;
    std::vector<std::pair<std::string, std::string>> _watches;
};
